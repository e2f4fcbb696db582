// Masks in the forms in which people keep them.
#include "bonescan/report/mask_file.h"

#include <catch2/catch.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "support/test_paths.h"

namespace bonescan {
namespace {

using Pixels = std::vector<std::uint8_t>;

Pixels read_back(const cv::Mat& picture) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "mask.png";
  cv::imwrite(path, picture);
  const Mask mask = read_mask(path);
  REQUIRE(mask.width == picture.cols);
  REQUIRE(mask.height == picture.rows);
  return mask.pixels;
}

cv::Mat grey(std::vector<int> values) {
  cv::Mat picture(1, static_cast<int>(values.size()), CV_8U);
  for (std::size_t i = 0; i < values.size(); ++i)
    picture.at<std::uint8_t>(0, static_cast<int>(i)) = static_cast<std::uint8_t>(values[i]);
  return picture;
}

}  // namespace

TEST_CASE("Masks of 0 and 255, of 0 and 1, of 0 and 38 are read alike") {
  CHECK(read_back(grey({0, 255, 255, 0})) == Pixels{0, 1, 1, 0});
  CHECK(read_back(grey({0, 1, 1, 0})) == Pixels{0, 1, 1, 0});
  CHECK(read_back(grey({0, 38, 38, 0})) == Pixels{0, 1, 1, 0});
  CHECK(read_back(grey({0, 1, 2, 0})) == Pixels{0, 1, 1, 0});  // class numbers
  CHECK(read_back(grey({255, 255, 255, 255})) == Pixels{1, 1, 1, 1});
  CHECK(read_back(grey({0, 0})) == Pixels{0, 0});
}

TEST_CASE("A grey mask with soft edges is cut at half") {
  CHECK(read_back(grey({0, 127, 128, 255})) == Pixels{0, 0, 1, 1});
}

TEST_CASE("Grey levels in three equal channels, or 8 bits of them in 16, are read as in one channel") {
  cv::Mat three_channels;
  cv::cvtColor(grey({0, 5, 127, 128, 250, 255}), three_channels, cv::COLOR_GRAY2BGR);
  CHECK(read_back(three_channels) == Pixels{0, 0, 0, 1, 1, 1});
  cv::Mat wide;
  grey({0, 5, 127, 128, 250, 255}).convertTo(wide, CV_16U);
  CHECK(read_back(wide) == Pixels{0, 0, 0, 1, 1, 1});
  CHECK(read_back(wide * 257) == Pixels{0, 0, 0, 1, 1, 1});
}

TEST_CASE("Colour, as a palette gives it, is foreground unless it is black") {
  cv::Mat picture(1, 3, CV_8UC3, cv::Scalar(0, 0, 0));
  picture.at<cv::Vec3b>(0, 1) = {0, 0, 128};
  picture.at<cv::Vec3b>(0, 2) = {1, 0, 0};
  CHECK(read_back(picture) == Pixels{0, 1, 1});
}

}  // namespace bonescan
