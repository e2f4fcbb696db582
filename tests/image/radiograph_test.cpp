// Reading radiographs: formats, depths, orientations, limits and broken files.
#include "bonescan/image/radiograph.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using test::equal;
using test::fixture;
using test::mean_difference;
using test::reference;

cv::Mat pixels_of(const std::string& name, const ReadOptions& options = {}) {
  return read_radiograph(fixture(name), options).pixels;
}

// The sentence with which a file is refused; empty if it is read.
std::string refusal(const std::filesystem::path& path, const ReadOptions& options = {}) {
  try {
    read_radiograph(path, options);
  } catch (const ImageError& error) {
    return error.what();
  }
  return "";
}

cv::Mat times_257(const cv::Mat& pixels) {
  cv::Mat deep;
  pixels.convertTo(deep, CV_16U, 257.0);
  return deep;
}

// Colour times alpha, worked out pixel by pixel.
cv::Mat over_black(const cv::Mat& bgra) {
  cv::Mat blended(bgra.size(), CV_8UC3);
  for (int y = 0; y < bgra.rows; ++y) {
    for (int x = 0; x < bgra.cols; ++x) {
      const auto pixel = bgra.at<cv::Vec4b>(y, x);
      for (int i = 0; i < 3; ++i)
        blended.at<cv::Vec3b>(y, x)[i] = static_cast<uchar>((pixel[i] * pixel[3] + 127) / 255);
    }
  }
  return blended;
}

TEST_CASE("lossless grey pictures of every format have the same pixels") {
  const auto name = GENERATE(as<std::string>{}, "grey.png", "grey.tif", "lzw.tif", "two_pages.tif", "grey.bmp",
                             "grey_white_is_zero.tif");
  CAPTURE(name);
  const Radiograph radiograph = read_radiograph(fixture(name));
  CHECK(equal(radiograph.pixels, reference("grey.png")));
  CHECK(radiograph.size == cv::Size(61, 47));
  CHECK(radiograph.window.black == 0.0);
  CHECK(radiograph.window.white == 255.0);
}

TEST_CASE("lossless colour pictures of every format have the same pixels, in the order blue, green, red") {
  const auto name = GENERATE(as<std::string>{}, "rgb.png", "rgb.tif", "rgb.bmp", "rgb_32bit.bmp");
  CAPTURE(name);
  CHECK(equal(pixels_of(name), reference("rgb.png")));
}

TEST_CASE("16-bit pictures keep their depth") {
  const auto name = GENERATE(as<std::string>{}, "grey_16bit.png", "grey_16bit.tif", "grey_16bit_tiled.tif",
                             "grey_16bit_signed.tif", "grey_16bit_white_is_zero.tif", "orientation_6_16bit.tif");
  CAPTURE(name);
  const Radiograph radiograph = read_radiograph(fixture(name));
  CHECK(equal(radiograph.pixels, times_257(reference("grey.png"))));
  CHECK(equal(to_8bit(radiograph), reference("grey.png")));
}

TEST_CASE("16-bit colour keeps its depth and its order") {
  const auto name = GENERATE(as<std::string>{}, "rgb_16bit.png", "rgb_16bit.tif", "rgb_16bit_planar.tif");
  CAPTURE(name);
  CHECK(equal(pixels_of(name), times_257(reference("rgb.png"))));
}

TEST_CASE("palettes become their colours") {
  CHECK(equal(pixels_of("palette.png"), reference("palette_as_rgb.png")));
  CHECK(equal(pixels_of("palette.tif"), reference("palette_as_rgb.png")));
}

TEST_CASE("a palette of four bits becomes its greys") {
  const cv::Mat pixels = pixels_of("palette_4bit.png");
  REQUIRE(pixels.type() == CV_8UC3);
  cv::Mat coarse = reference("grey.png").clone();
  for (uchar& level : cv::Mat_<uchar>(coarse)) level = static_cast<uchar>(level / 16 * 17);
  cv::cvtColor(coarse, coarse, cv::COLOR_GRAY2BGR);
  CHECK(equal(pixels, coarse));
}

TEST_CASE("pictures of one bit become black and white") {
  const cv::Mat expected = reference("bilevel.png");
  REQUIRE(cv::countNonZero(expected) > 0);
  CHECK(equal(pixels_of("bilevel.png"), expected));
  CHECK(equal(pixels_of("bilevel.tif"), expected));
  CHECK(equal(pixels_of("bilevel.bmp"), expected));
}

TEST_CASE("a BMP that is wider than OpenCV decodes is refused in plain words") {
  constexpr std::uint32_t kWidth = (1u << 20) + 1, kRowBytes = (kWidth + 31) / 32 * 4;
  std::string bytes = "BM";
  const auto add = [&bytes](std::initializer_list<std::uint32_t> numbers) {
    for (const std::uint32_t number : numbers)
      for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift & 0xFF);
  };
  add({62 + kRowBytes, 0, 62, 40, kWidth, 1, 1 | 1 << 16, 0, kRowBytes, 0, 0, 2, 0, 0, 0xFFFFFF});
  bytes.append(kRowBytes, '\0');
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "wide.bmp", bytes);
  CHECK_THROWS_WITH(read_radiograph(folder / "wide.bmp"), "is a BMP with more than 1048576 pixels a side");
}

TEST_CASE("alpha is blended over black") {
  const cv::Mat expected = over_black(reference("rgba.png"));
  CHECK(mean_difference(pixels_of("rgba.png"), expected) < 0.02);  // ties may round either way
  CHECK(expected.at<cv::Vec3b>(20, 0) == cv::Vec3b(0, 0, 0));
  CHECK(equal(pixels_of("rgba_16bit.tif"), pixels_of("rgba_16bit.png")));
  CHECK(mean_difference(to_8bit(read_radiograph(fixture("rgba_16bit.png"))), expected) < 0.5);
  const cv::Mat grey = pixels_of("grey_alpha.png");
  CHECK(grey.type() == CV_8UC1);
  CHECK(equal(pixels_of("grey_alpha.tif"), grey));
  CHECK(grey.at<uchar>(20, 0) == 0);
  CHECK(grey.at<uchar>(20, 60) == reference("grey.png").at<uchar>(20, 60));
}

TEST_CASE("JPEG pixels are those that OpenCV decodes, which training used") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "rgb.jpg", "progressive.jpg");
  CAPTURE(name);
  CHECK(equal(pixels_of(name), reference(name)));
}

TEST_CASE("CMYK JPEG shows the colours that were separated, stored inverted or not") {
  const auto name = GENERATE(as<std::string>{}, "cmyk_adobe.jpg", "cmyk_plain.jpg");
  CAPTURE(name);
  CHECK(mean_difference(pixels_of(name), reference("rgb.png")) < 2.0);
}

TEST_CASE("every EXIF orientation of a JPEG comes out upright") {
  const int orientation = GENERATE(range(1, 9));
  CAPTURE(orientation);
  const Radiograph radiograph = read_radiograph(fixture("orientation_" + std::to_string(orientation) + ".jpg"));
  CHECK(radiograph.size == cv::Size(61, 47));
  CHECK(mean_difference(radiograph.pixels, reference("grey.png")) < 2.0);
}

TEST_CASE("orientations of PNG and TIFF come out upright") {
  const auto name =
      GENERATE(as<std::string>{}, "orientation_6.png", "orientation_3.tif", "orientation_6.tif", "orientation_8.tif");
  CAPTURE(name);
  CHECK(equal(pixels_of(name), reference("grey.png")));
}

TEST_CASE("a 16-bit picture that does not fill its range is shown in full contrast") {
  const Radiograph radiograph = read_radiograph(fixture("grey_12bit_in_16.png"));
  CHECK(radiograph.pixels.depth() == CV_16U);
  CHECK(radiograph.window.white > 3500.0);
  CHECK(radiograph.window.white <= 4080.0);
  CHECK(mean_difference(to_8bit(radiograph), reference("grey.png")) < 4.0);
}

TEST_CASE("a constant 16-bit picture is black") {
  const Radiograph radiograph = read_radiograph(fixture("constant_16bit.png"));
  CHECK(radiograph.window.white > radiograph.window.black);
  CHECK(cv::countNonZero(to_8bit(radiograph)) == 0);
}

TEST_CASE("a JPEG may be decoded smaller, but no smaller than asked for") {
  const auto path = test::data_folder() / "samples" / "IMG0003767.jpg";
  const Radiograph full = read_radiograph(path);
  const int shorter_side = std::min(full.size.width, full.size.height);
  const int divisor = GENERATE(1, 2, 4, 8, 100);
  CAPTURE(divisor);
  const int asked = shorter_side / divisor;
  const Radiograph reduced = read_radiograph(path, {.reduce_to_side = asked});
  CHECK(reduced.size == full.size);
  CHECK(std::min(reduced.pixels.cols, reduced.pixels.rows) >= asked);
  if (divisor == 1) return;
  CHECK(reduced.pixels.cols < full.pixels.cols);
  // Each pixel stands for a square of the full picture, whose last column and row are repeated to fill one.
  const int scale = std::lround(static_cast<double>(full.pixels.cols) / reduced.pixels.cols);
  cv::Mat expected;
  cv::copyMakeBorder(full.pixels, expected, 0, reduced.pixels.rows * scale - full.pixels.rows, 0,
                     reduced.pixels.cols * scale - full.pixels.cols, cv::BORDER_REPLICATE);
  cv::resize(expected, expected, reduced.pixels.size(), 0, 0, cv::INTER_AREA);
  CHECK(mean_difference(reduced.pixels, expected) < 1.5);
}

TEST_CASE("a truncated file is refused") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "progressive.jpg", "grey.png", "grey.tif", "lzw.tif",
                             "grey_16bit.tif", "grey.bmp");
  CAPTURE(name);
  CHECK_THAT(refusal(fixture("bad/truncated_" + name)), Catch::EndsWith("data end too early (truncated file)"));
}

TEST_CASE("JPEG data that are damaged, or go over the picture again and again, are refused") {
  const auto with = [](std::string bytes, std::size_t at, const std::string& other) {
    return bytes.replace(at, other.size(), other);
  };
  const auto refusal_of = [](const std::string& bytes) {
    try {
      decode_radiograph(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    } catch (const ImageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string grey = read_text_file(fixture("grey.jpg"));
  const std::size_t scan = grey.rfind("\xFF\xDA");
  REQUIRE(scan != std::string::npos);
  CHECK(refusal_of(with(grey, (scan + grey.size()) / 2, "\xFF\xD9")) ==
        "the JPEG data end too early (truncated or damaged file)");
  const std::string no_code("\xFF\0\xFF\0\xFF\0\xFF\0", 8);
  CHECK(refusal_of(with(grey, grey.size() - 200, no_code)) == "the JPEG data are damaged");

  std::string progressive = read_text_file(fixture("progressive.jpg"));
  const std::size_t first = progressive.find("\xFF\xDA"), second = progressive.find("\xFF\xDA", first + 2);
  REQUIRE(second != std::string::npos);
  const std::string again = progressive.substr(first, second - first);
  std::string scans;
  for (int i = 0; i < 500; ++i) scans += again;
  CHECK(refusal_of(progressive.insert(second, scans)) == "the JPEG data cannot be decoded: more than 500 scans");
}

TEST_CASE("where truncated files are allowed, the part that is there is right") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "grey.png", "grey.tif", "grey_16bit.tif", "grey.bmp");
  CAPTURE(name);
  const Radiograph partial = read_radiograph(fixture("bad/truncated_" + name), {.allow_truncated = true});
  CHECK(partial.truncated);
  CHECK(partial.size == cv::Size(61, 47));
  // BMP stores the lowest row first.
  const cv::Rect part(0, name == "grey.bmp" ? 37 : 0, 61, 10);
  CHECK(equal(partial.pixels(part), pixels_of(name)(part)));
  if (name == "grey.png" || name == "grey.tif") CHECK(cv::countNonZero(partial.pixels.row(46)) == 0);
}

TEST_CASE("a file that ends before anything is to be seen is no picture, even if truncated files are allowed") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "grey.png", "grey.tif", "grey.bmp");
  CAPTURE(name);
  const std::string whole = read_text_file(fixture(name));
  int refused = 0;
  for (std::size_t at = 1; at < whole.size(); ++at) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(whole.data());
    try {
      const Radiograph partial = decode_radiograph(std::span(bytes, at), {.allow_truncated = true});
      double least = 0.0, most = 0.0;
      cv::minMaxLoc(partial.pixels, &least, &most);
      CHECK(least < most);
    } catch (const ImageError& error) {
      if (std::string(error.what()) == "ends before anything is to be seen (truncated file)") ++refused;
    }
  }
  if (name != "grey.bmp") CHECK(refused > 0);  // each byte of which is a pixel
}

TEST_CASE("a TIFF of which only a tag is cut off is read, and taken for truncated only where these are allowed") {
  std::string bytes = read_text_file(fixture("lzw.tif"));  // little-endian, its directory at the end
  const auto number_at = [&bytes](std::size_t at, std::size_t size) {
    std::uint32_t number = 0;
    std::memcpy(&number, &bytes[at], size);
    return number;
  };
  const auto append = [&bytes](std::uint32_t number, std::size_t size) {
    bytes.append(reinterpret_cast<const char*>(&number), size);
  };
  const std::uint32_t directory = number_at(4, 4), tags = number_at(directory, 2);
  const std::string entries = bytes.substr(directory + 2, 12 * tags);
  bytes.resize(directory);
  append(tags + 1, 2);
  bytes += entries;
  constexpr std::uint32_t kSoftware = 305, kText = 2, kLength = 20;
  append(kSoftware, 2);
  append(kText, 2);
  append(kLength, 4);
  append(static_cast<std::uint32_t>(bytes.size()) + 8, 4);
  append(0, 4);  // no further directory
  bytes += "cut off";
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.tif", bytes);
  const Radiograph radiograph = read_radiograph(folder / "cut.tif");
  CHECK(equal(radiograph.pixels, pixels_of("lzw.tif")));
  CHECK_FALSE(radiograph.truncated);
  CHECK(read_radiograph(folder / "cut.tif", {.allow_truncated = true}).truncated);
}

TEST_CASE("a whole file is not taken for a truncated one, where these are allowed") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(fixture(""))) {
    if (!entry.is_regular_file()) continue;
    CAPTURE(entry.path());
    CHECK_FALSE(read_radiograph(entry.path(), {.allow_truncated = true}).truncated);
    ++files;
  }
  CHECK(files > 20);
}

TEST_CASE("a progressive JPEG that lacks its last scans is the picture in less detail, where that is allowed") {
  const cv::Mat partial = pixels_of("bad/truncated_progressive.jpg", {.allow_truncated = true});
  CHECK(mean_difference(partial, pixels_of("progressive.jpg")) < 12.0);
}

TEST_CASE("a file cut off within its header is refused, even if truncated files are allowed") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "grey.png", "grey.tif", "grey.bmp");
  CAPTURE(name);
  const auto path = fixture("bad/header_only_" + name);
  CHECK_THAT(refusal(path), Catch::Contains("truncated file"));
  CHECK_THAT(refusal(path, {.allow_truncated = true}), Catch::Contains("truncated file"));
}

TEST_CASE("a size in the header that is over the limit is refused before decoding") {
  const auto [name, size] = GENERATE(table<std::string, std::string>({{"absurd.jpg", "60000 x 60000"},
                                                                      {"absurd.png", "900000 x 900000"},
                                                                      {"absurd.tif", "60000 x 60000"},
                                                                      {"absurd.bmp", "2000000000 x 2000000000"}}));
  CHECK(refusal(fixture("bad/" + name)) == "has " + size + " pixels; the limit is 200000000 pixels (--max-pixels)");
}

TEST_CASE("the pixel limit is inclusive, in every format") {
  const auto name = GENERATE(as<std::string>{}, "grey.jpg", "grey.png", "grey.tif", "grey.bmp");
  CAPTURE(name);
  CHECK(refusal(fixture(name), {.max_pixels = 61 * 47}).empty());
  CHECK_THAT(refusal(fixture(name), {.max_pixels = 61 * 47 - 1}), Catch::Contains("--max-pixels"));
}

TEST_CASE("what is not an image that can be read is refused with the reason") {
  CHECK(refusal(fixture("bad/empty.jpg")) == "is an empty file");
  CHECK(refusal(fixture("bad/text.jpg")) ==
        "is not an image: JPEG, PNG, TIFF, BMP and DICOM are read, recognised by their content");
  CHECK(refusal(fixture("bad/dicom.dcm")) == "the DICOM data end too early (truncated file)");
  CHECK_THAT(refusal(fixture("bad/float.tif")), Catch::Contains("32-bit floating-point samples"));
  CHECK_THAT(refusal(fixture("bad/damaged.png")), Catch::StartsWith("the PNG data cannot be decoded: "));
  CHECK_THAT(refusal(fixture("missing.png")), Catch::Contains("No such file"));
  CHECK_THAT(refusal(fixture("")), Catch::Contains("folder"));
  CHECK_THAT(refusal(fixture("grey.png"), {.max_file_size = 100}), Catch::Contains("--max-file-size"));
}

// Passes on whatever is thrown that is not an ImageError.
void decode_or_refuse(std::span<const std::uint8_t> bytes, bool allow_truncated) {
  try {
    decode_radiograph(bytes, {.allow_truncated = allow_truncated, .max_pixels = 1'000'000});
  } catch (const ImageError&) {
  }
}

TEST_CASE("files with any byte changed, or cut off anywhere, give a picture or an ImageError") {
  const auto name = GENERATE(as<std::string>{}, "orientation_6.jpg", "progressive.jpg", "orientation_6.png", "lzw.tif",
                             "grey_16bit_tiled.tif", "rgb_16bit_planar.tif", "palette.tif", "bilevel.bmp");
  CAPTURE(name);
  const std::vector<std::uint8_t> whole = read_file_bytes(fixture(name), 1 << 20);
  const std::size_t step = std::max<std::size_t>(1, whole.size() / 500);
  for (std::size_t at = 0; at < whole.size(); at += at < 600 ? 1 : step) {
    const bool allow_truncated = at % 2 == 0;
    std::vector<std::uint8_t> changed = whole;
    changed[at] ^= static_cast<std::uint8_t>(1 + at * 37 % 255);
    CHECK_NOTHROW(decode_or_refuse(changed, allow_truncated));
    CHECK_NOTHROW(decode_or_refuse(std::span(whole).first(at), allow_truncated));
  }
}

TEST_CASE("threads that read at the same time get the same pixels") {
  const std::vector<std::string> names{"orientation_6.jpg", "rgb_16bit.png", "lzw.tif", "rgb.bmp", "cmyk_adobe.jpg"};
  std::vector<cv::Mat> expected;
  for (const std::string& name : names) expected.push_back(pixels_of(name));
  std::vector<int> differences(4, 0);
  std::vector<std::thread> threads;
  for (int& count : differences) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        for (std::size_t i = 0; i < names.size(); ++i) count += equal(pixels_of(names[i]), expected[i]) ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(differences == std::vector<int>(4, 0));
}

TEST_CASE("FracAtlas radiographs with an EXIF orientation are upright") {
  const auto frac_atlas = test::shared_or_skipped("data/FracAtlas");
  if (!frac_atlas) return;
  const auto [name, size] = GENERATE(
      table<std::string, cv::Size>({{"IMG0002628.jpg", cv::Size(454, 373)}, {"IMG0002588.jpg", cv::Size(181, 454)}}));
  const auto path = *frac_atlas / "images/Fractured" / name;
  const Radiograph radiograph = read_radiograph(path);
  CHECK(radiograph.size == size);
  // OpenCV's own reader applies the orientation, too.
  CHECK(equal(radiograph.pixels, cv::imread(path.string(), cv::IMREAD_ANYCOLOR)));
}

TEST_CASE("truncated FracAtlas radiographs are refused") {
  const auto frac_atlas = test::shared_or_skipped("data/FracAtlas");
  if (!frac_atlas) return;
  const auto name = GENERATE(as<std::string>{}, "IMG0004028.jpg", "IMG0004347.jpg");
  CHECK(refusal(*frac_atlas / "images/Non_fractured" / name) == "the JPEG data end too early (truncated file)");
}

}  // namespace
}  // namespace bonescan
