// What the user reads about how far a run has come.
#include "bonescan/scan/progress.h"

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

}  // namespace
}  // namespace bonescan
