// What the user reads about how far a run has come.
#include "bonescan/scan/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace bonescan {
namespace {

TEST_CASE("durations are given in the two largest units") {
  CHECK(duration_text(0.2) == "0 s");
  CHECK(duration_text(59.6) == "1 min 0 s");
  CHECK(duration_text(200.0) == "3 min 20 s");
  CHECK(duration_text(3725.0) == "1 h 2 min");
}

TEST_CASE("progress tells count, rate, time left and failures so far") {
  CHECK(progress_text(120, 656, 2, 15.0) == "120/656, 8.0/s, 1 min 7 s left, 2 failed");  // 536 left at 8/s: 67 s
  CHECK(progress_text(0, 656, 0, 0.0) == "0/656");
}

TEST_CASE("a terminal that takes no more text does not end the run") {
  const int standard_error = ::dup(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  ::dup2(full, STDERR_FILENO);
  CHECK_NOTHROW(Progress(ProgressMode::kAlways, 2).add(false));
  ::dup2(standard_error, STDERR_FILENO);
  ::close(standard_error);
  ::close(full);
}

}  // namespace
}  // namespace bonescan
