// Masks and overlays as files.
#include "bonescan/image/write_image.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

TEST_CASE("a mask is an 8-bit grey PNG with the same values") {
  const test::TemporaryFolder folder;
  const auto path = folder / "sub/folder/mask.png";
  cv::Mat mask = cv::Mat::zeros(37, 53, CV_8U);
  cv::circle(mask, {20, 20}, 11, 255, cv::FILLED);
  write_mask_png(path, mask);
  CHECK(test::equal(cv::imread(path.string(), cv::IMREAD_UNCHANGED), mask));
}

TEST_CASE("an overlay is a JPEG close to the picture") {
  const test::TemporaryFolder folder;
  const auto path = folder / "overlay.jpg";
  const cv::Mat picture = cv::imread((test::data_folder() / "samples" / "IMG0003767.jpg").string());
  write_overlay_jpeg(path, picture);
  CHECK(read_file_bytes(path, 1 << 24).at(0) == 0xFF);
  CHECK(test::mean_difference(cv::imread(path.string()), picture) < 3.0);
}

TEST_CASE("a picture that cannot be written is an OutputError that names the file") {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "file") << "not a folder";
  const cv::Mat mask = cv::Mat::zeros(3, 3, CV_8U);
  CHECK_THROWS_AS(write_mask_png(folder / "file/mask.png", mask), OutputError);
  CHECK_THROWS_WITH(write_mask_png(folder / "file/mask.png", mask), Catch::Contains("file/mask.png"));
  // JPEG cannot hold it.
  CHECK_THROWS_AS(write_overlay_jpeg(folder / "wide.jpg", cv::Mat::zeros(1, 70000, CV_8UC3)), ImageError);
  CHECK_FALSE(exists(folder / "wide.jpg"));
}

}  // namespace
}  // namespace bonescan
