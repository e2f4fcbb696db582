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
  std::signal(SIGHUP, SIG_IGN);  // that the terminal is gone may be told twice, by the kernel and by the shell
}

}  // namespace

void cancel_on_signals(Cancellation& cancellation) {
  signalled_cancellation = &cancellation;
  for (const int signal : kSignals) std::signal(signal, handle_signal);
  if (std::signal(SIGHUP, handle_signal) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);  // under nohup
}

}  // namespace bonescan
