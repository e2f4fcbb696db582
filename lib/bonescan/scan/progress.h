// How far a run has come: a line on the terminal that is rewritten, or a log line a minute.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace bonescan {

enum class ProgressMode {
  kAuto,    // the rewritten line if standard error is a terminal, else log lines
  kAlways,  // the rewritten line
  kLog,     // log lines
  kNever,
};

// "120/656, 8.1/s, 1 min 6 s left, 2 failed".
std::string progress_text(std::size_t done, std::size_t total, std::size_t failed, double seconds);

// "1 h 2 min", "3 min 20 s", "12 s".
std::string duration_text(double seconds);

// Used from one thread at a time.
class Progress {
 public:
  Progress(ProgressMode mode, std::size_t total, std::chrono::milliseconds log_interval = std::chrono::minutes(1));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(bool failed);
  // Takes the rewritten line away, so that something else can be printed.
  void clear_line();

 private:
  using Clock = std::chrono::steady_clock;

  bool rewrites_line_;
  bool logs_;
  bool line_shown_ = false;
  std::chrono::milliseconds log_interval_;
  std::size_t total_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_shown_ = start_;
};

}  // namespace bonescan
