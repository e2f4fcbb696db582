// Which grey levels count as black and white.
#include "bonescan/image/window.h"

#include <catch2/catch.hpp>

namespace bonescan {
namespace {

// One row of `count` pixels; the first `low_count` have the level `low`, the others `high`.
cv::Mat two_levels(int count, int low_count, int low, int high) {
  cv::Mat pixels(1, count, CV_16U, cv::Scalar(high));
  pixels.colRange(0, low_count).setTo(low);
  return pixels;
}

TEST_CASE("8-bit pictures keep their range, whatever they hold") {
  const Window window = display_window(cv::Mat(4, 4, CV_8U, cv::Scalar(17)));
  CHECK(window.black == 0.0);
  CHECK(window.white == 255.0);
}

TEST_CASE("16-bit pictures that span half of the range keep all of it") {
  const Window kept = display_window(two_levels(100, 50, 1000, 1000 + 32768));
  CHECK(kept.black == 0.0);
  CHECK(kept.white == 65535.0);
  const Window narrowed = display_window(two_levels(100, 50, 1000, 1000 + 32767));
  CHECK(narrowed.black == 1000.0);
  CHECK(narrowed.white == 33767.0);
}

TEST_CASE("half a percent of outliers at either end does not set the window") {
  cv::Mat pixels(1, 1000, CV_16U);
  for (int i = 0; i < 1000; ++i) pixels.at<std::uint16_t>(0, i) = static_cast<std::uint16_t>(2000 + i);
  pixels.colRange(0, 5).setTo(0);
  pixels.colRange(995, 1000).setTo(9000);
  const Window window = display_window(pixels);
  CHECK(window.black == 2005.0);
  // At or below 2994 lie 995 of 1000 values; "more than 99.5 %" is first true at the outliers.
  CHECK(window.white == 9000.0);
  pixels.at<std::uint16_t>(0, 995) = 2995;
  CHECK(display_window(pixels).white == 2995.0);
}

TEST_CASE("a few bright pixels on a flat ground still get a window") {
  const Window window = display_window(two_levels(10000, 9999, 100, 300));
  CHECK(window.black == 100.0);
  CHECK(window.white == 300.0);
}

TEST_CASE("a constant picture gets a window with a width") {
  const Window window = display_window(cv::Mat(3, 3, CV_16UC3, cv::Scalar::all(65535)));
  CHECK(window.black == 65535.0);
  CHECK(window.white == 65536.0);
}

}  // namespace
}  // namespace bonescan
