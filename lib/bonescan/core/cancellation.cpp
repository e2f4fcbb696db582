#include "bonescan/core/cancellation.h"

#include <unistd.h>

#include <array>
#include <csignal>

namespace bonescan {
namespace {

static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may only use lock-free atomics");

std::atomic<Cancellation*> signalled_cancellation = nullptr;
std::atomic<int> signalled_exit_code = 0;

constexpr std::array kSignals = {SIGINT, SIGTERM};

void end_process(int) {
  ::_exit(signalled_exit_code);
}

void request_cancellation(int) {
  signalled_cancellation.load()->request();
  for (const int signal : kSignals) std::signal(signal, SIG_DFL);
  std::signal(SIGHUP, SIG_IGN);  // it may arrive twice, from the kernel and from the shell
}

void handle_signals(void (*handler)(int)) {
  for (const int signal : kSignals) std::signal(signal, handler);
  struct sigaction hang_up {};
  const bool ignored = ::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler == SIG_IGN;  // under nohup
  if (!ignored) std::signal(SIGHUP, handler);
}

}  // namespace

void exit_on_signals(int exit_code) {
  signalled_exit_code = exit_code;
  handle_signals(end_process);
}

void cancel_on_signals(Cancellation& cancellation) {
  signalled_cancellation = &cancellation;
  handle_signals(request_cancellation);
}

}  // namespace bonescan
