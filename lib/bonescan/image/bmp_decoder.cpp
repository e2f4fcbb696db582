#include "bonescan/image/bmp_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/image/byte_order.h"

namespace bonescan {
namespace {

constexpr int kLargestSide = 1 << 20;  // that OpenCV decodes

// The fields of a BMP's headers (BITMAPFILEHEADER and BITMAPINFOHEADER or the older
// BITMAPCOREHEADER) that tell how large its pixels are.
struct BmpHeader {
  std::uint64_t pixel_offset = 0;
  std::uint64_t width = 0;
  std::uint64_t height = 0;  // rows may be stored from the top or from the bottom
  std::uint64_t bits_per_pixel = 0;
  bool run_length_coded = false;
};

std::uint64_t magnitude(std::uint32_t value) {
  return static_cast<std::uint64_t>(std::llabs(static_cast<std::int32_t>(value)));
}

[[noreturn]] void throw_truncated() {
  throw ImageError("the BMP data end too early (truncated file)");
}

BmpHeader read_header(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kCoreEnd = 26, kInfoEnd = 54;
  constexpr std::uint32_t kCoreHeaderSize = 12, kRunLength8 = 1, kRunLength4 = 2;
  // OpenCV goes by the content, too, and hands other files to decoders that a hostile file can bring down.
  if (bytes.size() < 2 || bytes[0] != 'B' || bytes[1] != 'M') throw ImageError("is not a BMP");
  if (bytes.size() < kCoreEnd) throw_truncated();
  BmpHeader header;
  header.pixel_offset = little_endian(bytes, 10, 4);
  if (little_endian(bytes, 14, 4) == kCoreHeaderSize) {
    header.width = little_endian(bytes, 18, 2);
    header.height = little_endian(bytes, 20, 2);
    header.bits_per_pixel = little_endian(bytes, 24, 2);
    return header;
  }
  if (bytes.size() < kInfoEnd) throw_truncated();
  header.width = magnitude(little_endian(bytes, 18, 4));
  header.height = magnitude(little_endian(bytes, 22, 4));
  header.bits_per_pixel = little_endian(bytes, 28, 2);
  const std::uint32_t compression = little_endian(bytes, 30, 4);
  header.run_length_coded = compression == kRunLength8 || compression == kRunLength4;
  return header;
}

// Rows are padded to four bytes.
std::uint64_t expected_file_size(const BmpHeader& header) {
  const std::uint64_t row = (header.width * header.bits_per_pixel + 31) / 32 * 4;
  return header.pixel_offset + row * header.height;
}

// In most 32-bit BMPs the fourth byte is unused and zero; blended, such a picture would be black.
cv::Mat without_unused_alpha(const cv::Mat& pixels) {
  if (pixels.channels() != 4) return pixels;
  cv::Mat alpha;
  cv::extractChannel(pixels, alpha, 3);
  if (cv::countNonZero(alpha) > 0) return blend_over_black(pixels);
  cv::Mat bgr(pixels.size(), CV_8UC3);
  cv::mixChannels(pixels, bgr, {0, 0, 1, 1, 2, 2});
  return bgr;
}

}  // namespace

DecodedImage decode_bmp(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  const BmpHeader header = read_header(bytes);
  DecodedImage image;
  image.size = checked_size(header.width, header.height, options);
  if (std::max(image.size.width, image.size.height) > kLargestSide)
    throw ImageError(fmt::format("is a BMP with more than {} pixels a side", kLargestSide));
  std::vector<std::uint8_t> padded;
  if (!header.run_length_coded && expected_file_size(header) > bytes.size()) {
    const bool any_pixels = header.pixel_offset < bytes.size();
    if (!options.allow_truncated || !any_pixels || header.bits_per_pixel > 32) throw_truncated();
    padded.assign(bytes.begin(), bytes.end());
    padded.resize(expected_file_size(header));
    bytes = padded;
  }
  if (bytes.size() > std::numeric_limits<int>::max()) throw ImageError("is a BMP of 2 GiB or more");
  const cv::Mat encoded(1, static_cast<int>(bytes.size()), CV_8U, const_cast<std::uint8_t*>(bytes.data()));
  const cv::Mat pixels = cv::imdecode(encoded, cv::IMREAD_UNCHANGED);
  if (pixels.empty()) throw ImageError("the BMP data cannot be decoded");
  image.pixels = without_unused_alpha(pixels);
  image.truncated = !padded.empty();
  return image;
}

cv::Size read_bmp_size(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  const BmpHeader header = read_header(bytes);
  return checked_size(header.width, header.height, options);
}

}  // namespace bonescan
