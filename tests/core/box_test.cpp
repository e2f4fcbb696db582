#include "bonescan/core/box.h"

#include <catch2/catch.hpp>

using namespace bonescan;

TEST_CASE("intersection over union of boxes in continuous coordinates") {
  const Box box{10, 20, 30, 40};
  CHECK(intersection_over_union(box, box) == 1.0);
  CHECK(intersection_over_union({0, 0, 2, 2}, {1, 0, 2, 2}) == Approx(2.0 / 6.0));
  CHECK(intersection_over_union({0, 0, 2, 2}, {2, 0, 2, 2}) == 0.0);  // touching is not overlapping
  CHECK(intersection_over_union({0, 0, 0, 0}, {0, 0, 0, 0}) == 0.0);
}

TEST_CASE("a box is clipped to the image, down to nothing") {
  CHECK(clip_to_image({-5, -5, 20, 10}, 100, 100) == Box{0, 0, 15, 5});
  CHECK(clip_to_image({90, 95, 20, 10}, 100, 100) == Box{90, 95, 10, 5});
  CHECK(clip_to_image({120, 10, 20, 10}, 100, 100) == Box{100, 10, 0, 10});
}
