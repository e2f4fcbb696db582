// Reading DICOM: transfer syntaxes, depths, windows, colours, frames, limits and what must not be told.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <thread>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/image/dicom_file.h"
#include "bonescan/image/dicom_tags.h"
#include "bonescan/image/image_size.h"
#include "bonescan/image/radiograph.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using test::dicom;
using namespace std::string_literals;
using test::equal;
using test::mean_difference;
using test::reference;

Radiograph read(const std::string& name, const ReadOptions& options = {}) {
  return read_radiograph(dicom(name), options);
}

std::string refusal(const std::string& name, const ReadOptions& options = {}) {
  try {
    read(name, options);
  } catch (const ImageError& error) {
    return error.what();
  }
  return "";
}

// grey.png in 12 bits.
cv::Mat deep_reference() {
  cv::Mat deep;
  reference("grey.png").convertTo(deep, CV_16U, 16.0);
  return deep;
}

// Levels 100..200 of grey.png as 0..255, the rest black or white.
cv::Mat windowed_reference() {
  cv::Mat windowed;
  reference("grey.png").convertTo(windowed, CV_8U, 2.55, -255.0);
  return windowed;
}

int largest_difference(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() ? static_cast<int>(cv::norm(a, b, cv::NORM_INF)) : 65536;
}

TEST_CASE("8-bit DICOM has the pixels of the PNG in every lossless transfer syntax") {
  const auto syntax = GENERATE(as<std::string>{}, "implicit", "explicit", "big_endian", "deflated", "rle",
                               "jpeg_lossless", "jpeg_lossless_14", "jpeg_ls", "jpeg2000");
  CAPTURE(syntax);
  const Radiograph radiograph = read("grey_" + syntax + ".dcm");
  CHECK(equal(radiograph.pixels, reference("grey.png")));
  CHECK(radiograph.size == cv::Size(61, 47));
  CHECK(radiograph.window.black == 0.0);
  CHECK(radiograph.window.white == 255.0);
}

TEST_CASE("12-bit DICOM has its levels in every lossless transfer syntax") {
  const auto syntax = GENERATE(as<std::string>{}, "implicit", "explicit", "big_endian", "deflated", "rle",
                               "jpeg_lossless", "jpeg_ls", "jpeg2000");
  CAPTURE(syntax);
  const Radiograph radiograph = read("deep_" + syntax + ".dcm");
  CHECK(equal(radiograph.pixels, deep_reference()));
  // No window in the file: that of a 16-bit PNG with these levels.
  const Radiograph png = read_radiograph(test::fixture("grey_12bit_in_16.png"));
  CHECK(radiograph.window.black == png.window.black);
  CHECK(radiograph.window.white == png.window.white);
}

TEST_CASE("colour DICOM has the pixels of the PNG in every lossless transfer syntax") {
  const auto syntax = GENERATE(as<std::string>{}, "implicit", "explicit", "big_endian", "deflated", "rle",
                               "jpeg_lossless", "jpeg_ls", "jpeg2000", "planar");
  CAPTURE(syntax);
  CHECK(equal(read("rgb_" + syntax + ".dcm").pixels, reference("rgb.png")));
}

TEST_CASE("what is a marker in a JPEG may stand in the data of other codecs") {
  CHECK(equal(read("border_jpeg_ls.dcm").pixels, read("border_explicit.dcm").pixels));

  // A comment of FF 01 throughout, behind SOC and SIZ; it is there where SOC would end if it were a segment of a JPEG.
  std::string bytes = read_text_file(dicom("grey_jpeg2000.dcm"));
  const std::size_t start = bytes.find("\xFF\x4F\xFF\x51");
  REQUIRE(start != std::string::npos);
  const auto byte_at = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(bytes[at])}; };
  const std::size_t place = 4 + byte_at(start + 4) * 256 + byte_at(start + 5), misled_to = 2 + 0xFF51;
  std::string comment = "\xFF\x64\xFF\xFE\0\1"s;
  while (comment.size() < 0xFFFE + 2) comment += (misled_to - place) % 2 == 0 ? "\xFF\x01"s : "\x01\xFF"s;
  bytes.insert(start + place, comment);
  REQUIRE(bytes.substr(start + misled_to, 2) == "\xFF\x01");
  std::size_t length = comment.size();
  for (std::size_t i = 0; i < 4; ++i) length += byte_at(start - 4 + i) << (8 * i);
  for (std::size_t i = 0; i < 4; ++i) bytes[start - 4 + i] = static_cast<char>(length >> (8 * i));
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "comment.dcm", bytes);
  CHECK(equal(read_radiograph(folder / "comment.dcm").pixels, reference("grey.png")));
}

TEST_CASE("lossy transfer syntaxes stay near the picture") {
  CHECK(largest_difference(read("grey_jpeg_ls_near.dcm").pixels, reference("grey.png")) <=
        2);  // as asked of the encoder
  CHECK(mean_difference(read("grey_jpeg_baseline.dcm").pixels, reference("grey.png")) < 2.0);
  CHECK(mean_difference(read("grey_jpeg2000_lossy.dcm").pixels, reference("grey.png")) < 2.0);
  CHECK(mean_difference(read("deep_jpeg_extended.dcm").pixels, deep_reference()) < 32.0);  // of 4095
  CHECK(mean_difference(read("rgb_jpeg_baseline.dcm").pixels, reference("rgb.png")) < 3.0);
}

TEST_CASE("a JPEG that img2dcm wraps is the JPEG") {
  CHECK(mean_difference(read("img2dcm.dcm").pixels, reference("rgb.jpg")) < 1.0);
}

TEST_CASE("DICOM without a preamble is recognised and read, whatever the name") {
  const auto name = GENERATE(as<std::string>{}, "bare_explicit", "bare_implicit", "meta_without_preamble");
  CAPTURE(name);
  CHECK(equal(read(name).pixels, reference("grey.png")));
}

TEST_CASE("the bytes of a DICOM file give what the file gives") {
  const auto name = GENERATE(as<std::string>{}, "grey_explicit.dcm", "deep_deflated.dcm", "rgb_rle.dcm",
                             "bare_implicit", "grey_jpeg_ls.dcm");
  CAPTURE(name);
  const Radiograph radiograph = decode_radiograph(read_file_bytes(dicom(name), 1 << 20));
  CHECK(equal(radiograph.pixels, read(name).pixels));
}

TEST_CASE("MONOCHROME1 comes out with black as black") {
  CHECK(equal(read("white_is_zero.dcm").pixels, reference("grey.png")));
  CHECK(equal(read("deep_white_is_zero.dcm").pixels, deep_reference()));
}

TEST_CASE("signed levels are shifted up") {
  CHECK(equal(read("signed.dcm").pixels, deep_reference()));
  CHECK(equal(read("signed_8bit.dcm").pixels, reference("grey.png")));
}

TEST_CASE("16 bits stay 16 bits") {
  const Radiograph radiograph = read("sixteen_bits.dcm");
  CHECK(equal(radiograph.pixels, read_radiograph(test::fixture("grey_16bit.png")).pixels));
  CHECK(equal(to_8bit(radiograph), reference("grey.png")));
}

TEST_CASE("the file's first window is what is shown, whatever the rescaling and the polarity") {
  const auto name = GENERATE(as<std::string>{}, "window.dcm", "window_exact.dcm", "window_8bit.dcm", "two_windows.dcm",
                             "window_white_is_zero.dcm", "window_rescaled.dcm", "window_falling.dcm");
  CAPTURE(name);
  // Half a level and one of 12 bits differ between the kinds of window: rounding may go either way.
  CHECK(largest_difference(to_8bit(read(name)), windowed_reference()) <= 1);
}

TEST_CASE("a window without width is as good as none") {
  const Radiograph radiograph = read("window_useless.dcm");
  CHECK(radiograph.window.white == read("deep_explicit.dcm").window.white);
  CHECK(radiograph.window.black == read("deep_explicit.dcm").window.black);
}

TEST_CASE("a window that the rescaling leaves without width, or with an infinite one, is as good as none") {
  const std::string other_slope = GENERATE(as<std::string>{}, "DS\x04\0"s + "1e99", "DS\x06\0"s + "1e-40 ");
  CAPTURE(other_slope);
  std::string bytes = read_text_file(dicom("window_rescaled.dcm"));
  const std::string slope = "DS\x04\0"s + "0.5 ";
  REQUIRE(bytes.find(slope) != std::string::npos);
  bytes.replace(bytes.find(slope), slope.size(), other_slope);
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "flat.dcm", bytes);
  const Radiograph radiograph = read_radiograph(folder / "flat.dcm");
  CHECK(radiograph.window.white == read("deep_explicit.dcm").window.white);
  CHECK(radiograph.window.black == read("deep_explicit.dcm").window.black);
}

TEST_CASE("a window that has no width in single precision is as good as none") {
  std::string bytes = read_text_file(dicom("window_rescaled.dcm"));
  const auto replace = [&bytes](const std::string& value, const std::string& other) {
    REQUIRE(bytes.find(value) != std::string::npos);
    bytes.replace(bytes.find(value), value.size(), other);
  };
  replace("\x28\0\x03\x01US\x02\0\x01\0"s, "\x28\0\x03\x01US\x02\0\0\0"s);  // unsigned, so that nothing is shifted up
  replace("DS\x04\0"s + "0.5 ", "DS\x04\0"s + "1e60");
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "flat.dcm", bytes);
  const Window window = read_radiograph(folder / "flat.dcm").window;
  CHECK(static_cast<float>(window.white - window.black) > 1.0F);
}

TEST_CASE("a sigmoid window is applied") {
  // PS3.3 C.11.2.1.3.1: y = ymax / (1 + exp(-4 (x - centre) / width))
  cv::Mat expected(47, 61, CV_8U);
  const cv::Mat grey = reference("grey.png");
  for (int y = 0; y < grey.rows; ++y)
    for (int x = 0; x < grey.cols; ++x)
      expected.at<uchar>(y, x) =
          cv::saturate_cast<uchar>(255.0 / (1.0 + std::exp(-4.0 * (grey.at<uchar>(y, x) * 16.0 - 2400.0) / 800.0)));
  CHECK(largest_difference(to_8bit(read("sigmoid.dcm")), expected) <= 1);
}

TEST_CASE("a lookup table of the file is applied, and goes before its window") {
  const auto name = GENERATE(as<std::string>{}, "voi_lut.dcm", "modality_lut.dcm");
  CAPTURE(name);
  cv::Mat expected;  // the table is a square root
  reference("grey.png").convertTo(expected, CV_32F, 16.0 / 4095.0);
  cv::sqrt(expected, expected);
  expected.convertTo(expected, CV_8U, 255.0);
  CHECK(largest_difference(to_8bit(read(name)), expected) <= 1);
}

TEST_CASE("palettes and YBR become colours") {
  CHECK(equal(read("palette.dcm").pixels, reference("palette_as_rgb.png")));
  CHECK(mean_difference(read("ybr_full.dcm").pixels, reference("rgb.png")) < 1.0);
}

TEST_CASE("pixels that are not square stay as they are") {
  const Radiograph radiograph = read("tall_pixels.dcm");
  CHECK(radiograph.size == cv::Size(61, 47));
  CHECK(equal(radiograph.pixels, reference("grey.png")));
}

TEST_CASE("each frame of a file is read by its number, in every transfer syntax") {
  const auto syntax = GENERATE(as<std::string>{}, "implicit", "explicit", "big_endian", "deflated", "rle",
                               "jpeg_lossless", "jpeg_ls", "jpeg2000");
  CAPTURE(syntax);
  const std::string name = "frames_" + syntax + ".dcm";
  const cv::Mat grey = reference("grey.png");
  const cv::Mat halved = [&] {
    cv::Mat result = grey.clone();
    for (uchar& level : cv::Mat_<uchar>(result)) level /= 2;
    return result;
  }();
  CHECK(equal(read(name, {.frame = 3}).pixels, halved));
  CHECK(equal(read(name, {.frame = 1}).pixels, grey));
  CHECK(equal(read(name, {.frame = 2}).pixels, 255 - grey));
  CHECK(refusal(name, {.frame = 4}) == "has no frame 4; it holds 3");
  CHECK_THAT(refusal(name), Catch::StartsWith("holds 3 frames, and none was chosen"));
}

TEST_CASE("a picture of one frame has no second") {
  CHECK(refusal("grey_explicit.dcm", {.frame = 2}) == "has no frame 2; it holds 1");
  CHECK_THROWS_WITH(read_radiograph(test::fixture("grey.png"), {.frame = 2}), "has no frame 2; it holds 1");
  CHECK(equal(read_radiograph(test::fixture("grey.png"), {.frame = 1}).pixels, reference("grey.png")));
}

TEST_CASE("windows of enhanced images are those of the frame") {
  for (int frame : {1, 2}) {
    const Radiograph radiograph = read("enhanced.dcm", {.frame = frame});
    CHECK(radiograph.window.black == 1000.0 * frame);
    CHECK(radiograph.window.white == 1000.0 * frame + 1000.0);
  }
}

TEST_CASE("what is no radiograph that can be read is refused with the reason") {
  CHECK(refusal("report.dcm") == "is a DICOM file without an image (it has no pixel data)");
  CHECK(refusal("no_pixel_data.dcm") == "is a DICOM file without an image (it has no pixel data)");
  CHECK_THAT(refusal("disc/DICOMDIR"), Catch::StartsWith("is a DICOMDIR, an index"));
  CHECK(refusal("no_size.dcm") == "has no pixels (61 x 0)");
  CHECK(refusal("huge.dcm") == "has 60000 x 60000 pixels; the limit is 200000000 pixels (--max-pixels)");
  CHECK(refusal("many_frames.dcm") ==
        "has 90000 frames of 61 x 47 pixels; the limit is 200000000 pixels (--max-pixels)");
  CHECK(refusal("short_pixels.dcm") == "the DICOM data end too early (truncated file)");
  CHECK_THAT(refusal("thirty_two_bits.dcm"), Catch::Contains("32 of 32 bits stored"));
  CHECK_THAT(refusal("odd_photometric.dcm"), Catch::Contains("photometric interpretation"));
  CHECK_THAT(refusal("grey_explicit.dcm", {.max_file_size = 1000}), Catch::Contains("--max-file-size"));
}

TEST_CASE("a transfer syntax for which there is no decoder is named, but nothing else that stands in its place") {
  const std::string jpeg2000 = "1.2.840.10008.1.2.4.90";
  const auto [uid, reason] = GENERATE(table<std::string, std::string>({
      {"1.2.840.10008.1.2.4.99", "is a DICOM file whose transfer syntax is not supported (1.2.840.10008.1.2.4.99)"},
      {"ZZSECRETZZ.10008.1.2.4", "is a DICOM file whose transfer syntax is not supported"},
  }));
  std::string bytes = read_text_file(dicom("grey_jpeg2000.dcm"));
  bytes.replace(bytes.find(jpeg2000), jpeg2000.size(), uid);
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "changed.dcm", bytes);
  CHECK_THROWS_WITH(read_radiograph(folder / "changed.dcm"), reason);
}

TEST_CASE("the pixel limit holds for all frames together") {
  CHECK(refusal("frames_rle.dcm", {.frame = 1, .max_pixels = 3 * 61 * 47}).empty());
  CHECK_THAT(refusal("frames_rle.dcm", {.frame = 1, .max_pixels = 3 * 61 * 47 - 1}), Catch::Contains("--max-pixels"));
}

TEST_CASE("run-length data whose segments point outside them are refused") {
  const std::string bytes = read_text_file(dicom("rgb_rle.dcm"));
  // The header of the first frame: three segments, the first after 64 bytes.
  const std::size_t header = bytes.find(std::string("\x03\0\0\0\x40\0\0\0", 8));
  REQUIRE(header != std::string::npos);
  const auto [segment, offset] = GENERATE(table<std::size_t, std::string>({
      {1, std::string("\x40\0\0\x1b", 4)},      // behind the data
      {1, std::string("\x3c\0\0\0", 4)},        // in the header
      {2, std::string("\x40\0\0\0", 4)},        // where the first begins
      {3, std::string("\xff\xff\xff\xff", 4)},  // sums with it overflow
      {0, std::string("\x10\0\0\0", 4)},        // sixteen segments: the header has room for fifteen
      {0, std::string("\0\0\0\0", 4)},          // none
  }));
  std::string changed = bytes;
  changed.replace(header + 4 * segment, 4, offset);
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "changed.dcm", changed);
  CHECK_THROWS_WITH(read_radiograph(folder / "changed.dcm"),
                    "the DICOM pixel data are damaged: their run-length segments lie outside them");
}

TEST_CASE("a JPEG 2000 codestream that ends before its last tile-part is no whole picture") {
  std::string bytes = read_text_file(dicom("grey_jpeg2000.dcm"));
  const std::size_t tile_part = bytes.find(std::string("\xFF\x90\x00\x0A", 4));  // SOT and its length
  REQUIRE(tile_part != std::string::npos);
  bytes[tile_part + 11] = 2;  // of two parts this is the first
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "part.dcm", bytes);
  CHECK_THROWS_WITH(read_radiograph(folder / "part.dcm"), "the DICOM pixel data cannot be decoded");
}

TEST_CASE("JPEG data that are damaged within a DICOM file are no whole picture") {
  const auto name = GENERATE(as<std::string>{}, "img2dcm.dcm", "rgb_jpeg_baseline.dcm", "deep_jpeg_extended.dcm");
  CAPTURE(name);
  std::string bytes = read_text_file(dicom(name));
  const std::size_t scan = bytes.find("\xFF\xDA"), end = bytes.rfind("\xFF\xD9");
  REQUIRE(end != std::string::npos);
  const std::size_t middle = (scan + end) / 2;
  bytes.replace(middle, 2, "\xFF\xD9");  // the picture ends there
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.dcm", bytes);
  CHECK_THROWS_WITH(read_radiograph(folder / "cut.dcm"),
                    "the JPEG data in the DICOM file are damaged or end too early");
  CHECK(refusal(name).empty());  // what was lost of one file is not held against the next
}

TEST_CASE("headers that lead DCMTK astray fail by themselves") {
  const auto name = GENERATE("directory_record_type.dcm", "directory_record_type_2.dcm");
  const fs::path path = test::data_folder().parent_path() / "fuzz/corpus/dicom" / name;
  CHECK_THROWS_WITH(read_radiograph(path), "the DICOM data are damaged: DCMTK cannot read them");
  CHECK(count_dicom_frames(path, {}) == 1);
  CHECK(dicom_directory_images(path).empty());
  CHECK_THROWS_AS(read_image_size(path), ImageError);
}

TEST_CASE("the pixel limit holds for sizes that no int can hold") {
  CHECK_THAT(refusal("huge.dcm", {.max_pixels = std::int64_t{1} << 40}), Catch::Contains("end too early"));
}

TEST_CASE("a JPEG of very many scans is refused") {
  std::string bytes = read_text_file(dicom("grey_jpeg_baseline.dcm"));
  const std::size_t scan = bytes.find("\xFF\xDA");
  REQUIRE(scan != std::string::npos);
  const std::size_t fragment = bytes.find(std::string("\xFE\xFF\x00\xE0", 4), bytes.find("\xE0\x7F\x10") + 16);
  std::string more;
  for (int i = 0; i < 500; ++i) more += "\xFF\xDA";
  bytes.insert(scan, more);
  const std::size_t length_at = fragment + 4;
  const std::size_t length = static_cast<unsigned char>(bytes[length_at]) +
                             static_cast<unsigned char>(bytes[length_at + 1]) * 256u + more.size();
  bytes[length_at] = static_cast<char>(length % 256);
  bytes[length_at + 1] = static_cast<char>(length / 256);
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "scans.dcm", bytes);
  CHECK_THROWS_WITH(read_radiograph(folder / "scans.dcm"), "the DICOM pixel data have more than 500 scans");
}

TEST_CASE("a deflated file that inflates over the limit is refused") {
  CHECK_THAT(refusal("frames_deflated.dcm", {.frame = 1, .max_file_size = 7000}), Catch::Contains("inflates over"));
}

TEST_CASE("DICOM files that are cut off anywhere are refused, and nothing of the header is told") {
  const auto name = GENERATE(as<std::string>{}, "personal.dcm", "grey_rle.dcm", "grey_jpeg_baseline.dcm",
                             "deep_deflated.dcm", "grey_jpeg2000.dcm", "bare_implicit");
  CAPTURE(name);
  const std::vector<std::uint8_t> whole = read_file_bytes(dicom(name), 1 << 20);
  for (std::size_t size = 140; size + 2 < whole.size(); size += size < 1200 ? 7 : 61) {
    CAPTURE(size);
    try {
      decode_radiograph(std::span(whole).first(size));
      FAIL_CHECK("was read");
    } catch (const ImageError& error) {
      CHECK_THAT(error.what(), !Catch::Contains("SECRET"));
    }
  }
}

// A file up to its data set, which is to be explicit little endian.
std::vector<std::uint8_t> meta_header() {
  std::vector<std::uint8_t> bytes = read_file_bytes(dicom("grey_explicit.dcm"), 1 << 20);
  bytes.resize(144 + bytes[140] + bytes[141] * 256u);  // its first element gives its length
  return bytes;
}

// An element or item without a value, of 8 bytes.
void append_empty(std::vector<std::uint8_t>& bytes, int group, int element, std::string_view representation) {
  for (const int number : {group, element}) {
    bytes.push_back(static_cast<std::uint8_t>(number % 256));
    bytes.push_back(static_cast<std::uint8_t>(number / 256));
  }
  bytes.insert(bytes.end(), representation.begin(), representation.end());
  bytes.resize(bytes.size() + 4 - representation.size());
}

const std::vector<std::uint8_t> kSequenceStart = {0x08, 0x00, 0x40, 0x11, 'S', 'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};

std::string refusal_of(const std::vector<std::uint8_t>& bytes) {
  try {
    decode_radiograph(bytes);
  } catch (const ImageError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a data set or an item of more elements than any radiograph has is refused, in whatever order they are") {
  const bool within_item = GENERATE(false, true), falling = GENERATE(false, true);
  CAPTURE(within_item, falling);
  std::vector<std::uint8_t> bytes = meta_header();
  if (within_item) {
    bytes.insert(bytes.end(), kSequenceStart.begin(), kSequenceStart.end());
    bytes.insert(bytes.end(), {0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF});
  }
  const auto append_elements = [&](int count) {
    for (int i = 0; i < count; ++i) append_empty(bytes, 0x0010, 0x0100 + (falling ? 40'000 - i : i), "LO");
  };
  append_elements(9'000);
  CHECK_THAT(refusal_of(bytes), !Catch::Contains("too many elements"));
  append_elements(40'000);
  CHECK(refusal_of(bytes) == "is a DICOM file that has too many elements");
}

TEST_CASE("a sequence may have many items, as those of enhanced images and of a DICOMDIR do, but not millions") {
  std::vector<std::uint8_t> bytes = meta_header();
  bytes.insert(bytes.end(), kSequenceStart.begin(), kSequenceStart.end());
  for (int i = 0; i < 100'000; ++i) append_empty(bytes, 0xFFFE, 0xE000, "");
  CHECK_THAT(refusal_of(bytes), !Catch::Contains("too many elements"));
  for (int i = 0; i < 3'000'000; ++i) append_empty(bytes, 0xFFFE, 0xE000, "");
  CHECK(refusal_of(bytes) == "is a DICOM file that has too many elements");
}

TEST_CASE("pixel data in tens of thousands of fragments more than there are frames are refused") {
  std::vector<std::uint8_t> fragments;
  for (int i = 0; i < 50'000; ++i) append_empty(fragments, 0xFFFE, 0xE000, "");
  std::vector<std::uint8_t> bytes = read_file_bytes(dicom("grey_jpeg_baseline.dcm"), 1 << 20);
  const std::vector<std::uint8_t> end = {0xFE, 0xFF, 0xDD, 0xE0};
  bytes.insert(std::search(bytes.begin(), bytes.end(), end.begin(), end.end()), fragments.begin(), fragments.end());
  CHECK(refusal_of(bytes) == "has 50002 fragments of pixel data, which are too many");
}

TEST_CASE("sequences nested without end are refused before they exhaust the stack") {
  std::vector<std::uint8_t> bytes = meta_header();
  for (int i = 0; i < 200'000; ++i) {
    bytes.insert(bytes.end(), kSequenceStart.begin(), kSequenceStart.end());
    bytes.insert(bytes.end(), {0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF});
  }
  CHECK_THROWS_WITH(decode_radiograph(bytes), Catch::Contains("nested too deeply"));
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "deep.dcm", bytes);
  std::thread([&] { CHECK_THROWS_AS(read_radiograph(folder / "deep.dcm"), ImageError); }).join();
}

TEST_CASE("only the tags that are asked for are told, in the order of asking") {
  CHECK(read("personal.dcm").dicom.empty());
  const auto values =
      read("personal.dcm", {.dicom_tags = parse_dicom_tags("Modality,(0008,0018),Rows,StudyID,WindowWidth,"
                                                           "TransferSyntaxUID,AccessionNumber")})
          .dicom;
  REQUIRE(values.size() == 7);
  CHECK(values[0] == DicomValue{"Modality", "OT"});
  CHECK(values[1].name == "SOPInstanceUID");
  CHECK_THAT(*values[1].text, Catch::StartsWith("1.2.826.0.1.3680043.8.498.1."));
  CHECK(values[2] == DicomValue{"Rows", "47"});
  CHECK(values[3] == DicomValue{"StudyID", "ZZSECRETZZ"});
  CHECK(values[5] == DicomValue{"TransferSyntaxUID", "1.2.840.10008.1.2.1"});
  const auto absent = read("grey_explicit.dcm", {.dicom_tags = parse_dicom_tags("PatientName")}).dicom;
  CHECK(absent.front() == DicomValue{"PatientName", std::nullopt});
  CHECK(read_radiograph(test::fixture("grey.png"), {.dicom_tags = {kSopInstanceUid}}).dicom.empty());
}

TEST_CASE("what is told of a file is UTF-8, whatever its character set") {
  std::string bytes = read_text_file(dicom("personal.dcm"));  // of ISO_IR 100, Latin-1
  const std::string study = "ZZSECRETZZ";
  const std::string tag("\x20\0\x10\0SH\n\0", 8);
  const std::size_t at = bytes.find(tag + study);
  REQUIRE(at != std::string::npos);
  bytes.replace(at + tag.size(), study.size(), "M\xFCller-123");
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "latin.dcm", bytes);
  CHECK(read_radiograph(folder / "latin.dcm", {.dicom_tags = parse_dicom_tags("StudyID")}).dicom.front() ==
        DicomValue{"StudyID", "M\u00fcller-123"});
}

TEST_CASE("tags are keywords or numbers") {
  CHECK(parse_dicom_tags("none").empty());
  CHECK(parse_dicom_tags("SOPInstanceUID") == std::vector{kSopInstanceUid});
  CHECK(parse_dicom_tags("(0008,0018),SOPInstanceUID") == std::vector{kSopInstanceUid});
  CHECK(parse_dicom_tags("(0009,1aB1)") == std::vector{DicomTag{"(0009,1ab1)", 0x0009, 0x1ab1}});
  CHECK_THROWS_AS(parse_dicom_tags("PatientsName"), UsageError);
  CHECK_THROWS_AS(parse_dicom_tags(""), UsageError);
  for (const char* wrong : {"0008,0018", "(0008,018)", "(0008,00g8)", "(0008,0018", "(0008 0018)", "(0008,0018)x"})
    CHECK_THROWS_AS(parse_dicom_tags(wrong), UsageError);
  CHECK_THROWS_AS(parse_dicom_tags(std::string(200'000, 'x')), UsageError);
  CHECK_THROWS_WITH(parse_dicom_tags("PixelData"), Catch::Contains("holds no text"));
  CHECK_THROWS_WITH(parse_dicom_tags("ReferencedImageSequence"), Catch::Contains("holds no text"));
}

TEST_CASE("DICOM files with any byte changed give a picture or an ImageError that tells nothing of the header") {
  const auto name = GENERATE(as<std::string>{}, "personal.dcm", "deep_rle.dcm", "rgb_jpeg_baseline.dcm",
                             "deep_jpeg_extended.dcm", "grey_jpeg_lossless.dcm", "deep_jpeg_ls.dcm", "rgb_jpeg2000.dcm",
                             "palette.dcm", "enhanced.dcm", "voi_lut.dcm", "grey_deflated.dcm");
  CAPTURE(name);
  const std::vector<std::uint8_t> whole = read_file_bytes(dicom(name), 1 << 20);
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 300);
  for (std::size_t at = 128; at < whole.size(); at += at < 1500 ? 3 : step) {
    std::vector<std::uint8_t> changed = whole;
    changed[at] ^= static_cast<std::uint8_t>(1 + at * 37 % 255);
    CAPTURE(at);
    try {
      decode_radiograph(changed, {.frame = 1, .max_pixels = 1'000'000});
    } catch (const ImageError& error) {
      CHECK_THAT(error.what(), !Catch::Contains("SECRET"));
    }
  }
}

TEST_CASE("threads that read DICOM at the same time get the same pixels") {
  const std::vector<std::string> names{
      "grey_jpeg_lossless.dcm", "rgb_jpeg_baseline.dcm", "grey_jpeg_ls.dcm", "rgb_rle.dcm", "voi_lut.dcm",
      "grey_jpeg2000.dcm"};
  std::vector<int> differences(4, 0);
  std::vector<cv::Mat> expected;
  for (const std::string& name : names) expected.push_back(read(name).pixels);
  std::vector<std::thread> threads;
  for (int& count : differences) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        for (std::size_t i = 0; i < names.size(); ++i) count += equal(read(names[i]).pixels, expected[i]) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(differences == std::vector<int>(4, 0));
}

}  // namespace
}  // namespace bonescan
