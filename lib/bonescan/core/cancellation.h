// Cancellation on SIGINT and SIGTERM: a flag that long work asks for between images.
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

// Requests `cancellation` when SIGINT or SIGTERM arrives. The second signal, be it the
// other one, ends the process at once, as without a handler. One cancellation per process; it must outlive the
// process's signals.
void cancel_on_signals(Cancellation& cancellation);

}  // namespace bonescan
