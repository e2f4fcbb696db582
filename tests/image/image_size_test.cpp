// Sizes of images without decoding them.
#include "bonescan/image/image_size.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using test::dicom;

TEST_CASE("pictures of every format, stored from the top or the bottom, have their upright size") {
  const auto name = GENERATE(as<std::string>{}, "progressive.jpg", "cmyk_adobe.jpg", "grey_16bit.png", "palette.tif",
                             "grey_16bit_tiled.tif", "grey.bmp", "rgb_32bit.bmp", "orientation_6.jpg",
                             "orientation_6.png", "orientation_8.tif");
  CAPTURE(name);
  CHECK(read_image_size(test::fixture(name)) == cv::Size(61, 47));
}

TEST_CASE("every file that is read has the size that is told without decoding it") {
  int read = 0;
  for (const fs::path& folder : {test::fixture(""), test::data_folder() / "dicom"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      for (const bool allow_truncated : {false, true}) {
        const ReadOptions options{.frame = 1, .allow_truncated = allow_truncated};
        CAPTURE(entry.path(), allow_truncated);
        cv::Size size;
        try {
          size = read_radiograph(entry.path(), options).size;
        } catch (const ImageError&) {
          continue;
        }
        ++read;
        CHECK(read_image_size(entry.path(), options) == size);
        CHECK(image_size_in(read_file_bytes(entry.path(), 1 << 20), options) == size);
      }
    }
  }
  CHECK(read > 200);
}

std::uint32_t crc_of(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// Where the chunk of a PNG begins, with its length.
std::size_t chunk_at(const std::string& png, const std::string& type) {
  const std::size_t at = png.find(type);
  if (at == std::string::npos) throw std::runtime_error("no chunk " + type);
  return at - 4;
}

TEST_CASE("ImageMagick's text chunk of EXIF data turns a PNG in neither reader") {
  // A TIFF header and a directory of one entry: orientation 6.
  const std::string exif = "4d4d002a00000008000101120003000000010006000000000000";
  const std::string text = "tEXtRaw profile type " + GENERATE(as<std::string>{}, "exif", "APP1") + '\0' +
                           "\nexif\n      32\n457869660000" + exif + "\n";
  std::string png = read_text_file(test::fixture("grey.png"));
  png.insert(chunk_at(png, "IDAT"), big_endian(text.size() - 4) + text + big_endian(crc_of(text)));
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "profile.png", png);
  CHECK(read_radiograph(folder / "profile.png").size == cv::Size(61, 47));
  CHECK(read_image_size(folder / "profile.png") == cv::Size(61, 47));
}

TEST_CASE("an orientation behind the pixels of a PNG turns it in both readers") {
  std::string png = read_text_file(test::fixture("orientation_6.png"));
  const std::size_t at = chunk_at(png, "eXIf"), length = static_cast<unsigned char>(png[at + 3]) + std::size_t{12};
  const std::string chunk = png.substr(at, length);
  png.erase(at, length);
  const auto size_of = [](const std::string& bytes) {
    const std::span<const std::uint8_t> view(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const cv::Size size = image_size_in(view);
    CHECK(decode_radiograph(view).size == size);
    return size;
  };
  CHECK(size_of(png) == cv::Size(47, 61));
  png.insert(chunk_at(png, "IEND"), chunk);
  CHECK(size_of(png) == cv::Size(61, 47));
}

TEST_CASE("files that end within their pixels have a size") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "progressive.jpg", "grey.png", "grey.bmp");
  CAPTURE(name);
  CHECK(read_image_size(test::fixture("bad/truncated_" + name)) == cv::Size(61, 47));
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
  write_file_atomically(folder / "picture.png", "GIF89a");
  CHECK_THROWS_WITH(read_image_size(folder / "picture.png"), "is a GIF file, which this version does not read");
}

TEST_CASE("a file that is over a limit has no size") {
  const fs::path path = GENERATE(test::fixture("grey.png"), test::fixture("grey.jpg"), test::fixture("grey.bmp"),
                                 test::fixture("grey.tif"), dicom("grey_rle.dcm"));
  CAPTURE(path);
  CHECK_THROWS_WITH(read_image_size(path, {.max_pixels = 61 * 47 - 1}), Catch::Contains("--max-pixels"));
  CHECK_THROWS_WITH(read_image_size(path, {.max_file_size = 500}), Catch::Contains("--max-file-size"));
  CHECK(read_image_size(path, {.max_pixels = 61 * 47, .max_file_size = fs::file_size(path)}) == cv::Size(61, 47));
}

}  // namespace
}  // namespace bonescan
