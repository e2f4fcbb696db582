#include "bonescan/core/cancellation.h"

#include <array>
#include <csignal>

namespace bonescan {
namespace {

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may only use lock-free atomics");

std::atomic<Cancellation*> signalled_cancellation = nullptr;

constexpr std::array kSignals = {SIGINT, SIGTERM};

void handle_signal(int) {
  signalled_cancellation.load()->request();
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
}

}  // namespace

void cancel_on_signals(Cancellation& cancellation) {
  signalled_cancellation = &cancellation;
  for (const int signal : kSignals) std::signal(signal, handle_signal);
}

}  // namespace bonescan
