#include "bonescan/core/cancellation.h"

#include <csignal>

namespace bonescan {
namespace {

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only use lock-free atomics");

std::atomic<Cancellation*> signalled_cancellation = nullptr;

void handle_signal(int signal) {
  signalled_cancellation.load()->request();
  std::signal(signal, SIG_DFL);
}

}  // namespace

void cancel_on_signals(Cancellation& cancellation) {
  signalled_cancellation = &cancellation;
  std::signal(SIGINT, handle_signal);
  std::signal(SIGTERM, handle_signal);
}

}  // namespace bonescan
