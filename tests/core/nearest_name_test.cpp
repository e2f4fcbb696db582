#include "bonescan/core/nearest_name.h"

#include <catch2/catch.hpp>

namespace bonescan {

TEST_CASE("A misspelt name is near to the one that was meant") {
  const std::vector<std::string> names = {"--score-threshold", "--mask-threshold", "--overlay", "--threads"};
  CHECK(nearest_name("--score-treshold", names) == "--score-threshold");
  CHECK(nearest_name("--score_threshold", names) == "--score-threshold");
  CHECK(nearest_name("--Overlays", names) == "--overlay");
  CHECK(nearest_name("--thread", names) == "--threads");
  CHECK_FALSE(nearest_name("--colour", names));
  CHECK_FALSE(nearest_name("", names));
  CHECK_FALSE(nearest_name(std::string(1000, 'x'), {std::string(1000, 'x')}));
  CHECK(did_you_mean("map50", {"ap50", "ap"}) == " (did you mean \"ap50\"?)");
  CHECK(did_you_mean("iou", {"recall"}).empty());
}

}  // namespace bonescan
