#include "bonescan/core/cancellation.h"

#include <catch2/catch.hpp>
#include <csignal>

TEST_CASE("a signal requests cancellation, and after it none is caught") {
  bonescan::Cancellation cancellation;
  bonescan::cancel_on_signals(cancellation);
  CHECK_FALSE(cancellation.requested());
  const int signal = GENERATE(SIGTERM, SIGHUP);
  std::raise(signal);
  CHECK(cancellation.requested());
  CHECK(std::signal(SIGTERM, SIG_DFL) == SIG_DFL);
  CHECK(std::signal(SIGINT, SIG_DFL) == SIG_DFL);
  CHECK(std::signal(SIGHUP, SIG_DFL) == SIG_IGN);
}

TEST_CASE("a hang-up that is ignored stays ignored") {
  std::signal(SIGHUP, SIG_IGN);
  bonescan::Cancellation cancellation;
  bonescan::cancel_on_signals(cancellation);
  std::raise(SIGHUP);
  CHECK_FALSE(cancellation.requested());
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
}
