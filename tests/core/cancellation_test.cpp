#include "bonescan/core/cancellation.h"

#include <catch2/catch.hpp>
#include <csignal>

TEST_CASE("a signal requests cancellation, and after it none is caught") {
  bonescan::Cancellation cancellation;
  bonescan::cancel_on_signals(cancellation);
  CHECK_FALSE(cancellation.requested());
  std::raise(SIGTERM);
  CHECK(cancellation.requested());
  CHECK(std::signal(SIGTERM, SIG_DFL) == SIG_DFL);
  CHECK(std::signal(SIGINT, SIG_DFL) == SIG_DFL);
}
