// Cancellation on signals: a flag that long work asks for between images.
#pragma once

#include <atomic>

namespace bonescan {

// Set once, read by every thread. Work that sees it finishes the image at hand and stops.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
};

// Ends the process with `exit_code` when SIGINT, SIGTERM or, unless it is ignored (nohup), SIGHUP arrives: for work
// that leaves nothing behind, and may block for ever.
void exit_on_signals(int exit_code);

// Requests `cancellation` when SIGINT, SIGTERM or, unless it is ignored (nohup), SIGHUP arrives. After that SIGINT and
// SIGTERM end the process at once, as without a handler, and SIGHUP is ignored. One cancellation per process; it must
// live until the process exits.
void cancel_on_signals(Cancellation& cancellation);

}  // namespace bonescan
