#include "bonescan/scan/progress.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>

namespace bonescan {
namespace {

using namespace std::chrono_literals;

constexpr auto kLineInterval = 100ms;
constexpr const char* kClearLine = "\r\x1b[K";  // ECMA-48: erase in line

// fmt::print would throw where the terminal is gone, and that must not end the run.
void show(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

}  // namespace

std::string duration_text(double seconds) {
  const long whole = static_cast<long>(seconds + 0.5);
  if (whole >= 3600) return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
  if (whole >= 60) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} s", whole);
}

std::string progress_text(std::size_t done, std::size_t total, std::size_t failed, double seconds) {
  std::string text = fmt::format("{}/{}", done, total);
  if (done > 0 && seconds > 0.0) {
    const double rate = static_cast<double>(done) / seconds;
    text += fmt::format(", {:.1f}/s, {} left", rate, duration_text(static_cast<double>(total - done) / rate));
  }
  if (failed > 0) text += fmt::format(", {} failed", failed);
  return text;
}

Progress::Progress(ProgressMode mode, std::size_t total, std::chrono::milliseconds log_interval)
    : rewrites_line_(mode == ProgressMode::kAlways || (mode == ProgressMode::kAuto && ::isatty(STDERR_FILENO) == 1)),
      logs_(mode == ProgressMode::kLog || (mode == ProgressMode::kAuto && !rewrites_line_)),
      log_interval_(log_interval),
      total_(total) {}

Progress::~Progress() {
  clear_line();
}

void Progress::add(bool failed) {
  ++done_;
  if (failed) ++failed_;
  const auto now = Clock::now();
  if (!rewrites_line_ && !logs_) return;
  const bool first_line = rewrites_line_ && done_ == 1;
  if (!first_line && now - last_shown_ < (logs_ ? log_interval_ : kLineInterval)) return;
  last_shown_ = now;
  const std::string text = progress_text(done_, total_, failed_, std::chrono::duration<double>(now - start_).count());
  if (logs_) {
    spdlog::info("{}", text);
  } else {
    show(kClearLine + text);
    line_shown_ = true;
  }
}

void Progress::clear_line() {
  if (line_shown_) show(kClearLine);
  line_shown_ = false;
}

}  // namespace bonescan
