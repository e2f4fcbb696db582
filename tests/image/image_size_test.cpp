// Sizes of images without decoding them.
#include "bonescan/image/image_size.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

fs::path dicom(const std::string& name) {
  return test::data_folder() / "dicom" / name;
}

TEST_CASE("pictures of every format, stored from the top or the bottom, have their upright size") {
  const auto name = GENERATE(as<std::string>{}, "progressive.jpg", "cmyk_adobe.jpg", "grey_16bit.png", "palette.tif",
                             "grey_16bit_tiled.tif", "grey.bmp", "rgb_32bit.bmp", "orientation_6.jpg",
                             "orientation_6.png", "orientation_8.tif");
  CAPTURE(name);
  CHECK(read_image_size(test::fixture(name)) == cv::Size(61, 47));
}

TEST_CASE("the size of a DICOM file is read from its header") {
  CHECK(read_image_size(dicom("grey_jpeg2000.dcm")) == cv::Size(61, 47));
  CHECK(read_image_size(dicom("frames_rle.dcm")) == cv::Size(61, 47));
  CHECK_THROWS_AS(read_image_size(dicom("report.dcm")), ImageError);
}

TEST_CASE("what is no image file has no size, and no pipe is waited for") {
  const test::TemporaryFolder folder;
  const fs::path pipe = folder / "pipe.png";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_image_size(pipe), "is not a regular file");
  CHECK_THROWS_WITH(read_image_size(folder / "missing.png"), Catch::Contains("No such file"));
  CHECK_THROWS_WITH(read_image_size(test::fixture("bad/empty.jpg")), "is an empty file");
  CHECK_THROWS_WITH(read_image_size(test::fixture("bad/text.jpg")), Catch::StartsWith("is not an image"));
  CHECK_THROWS_AS(read_image_size(pipe), ImageError);
}

}  // namespace
}  // namespace bonescan
