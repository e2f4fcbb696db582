#include "bonescan/image/orientation.h"

#include <exception>
#include <exiv2/exiv2.hpp>
#include <limits>
#include <mutex>

namespace bonescan {
namespace {

// Damaged metadata is no news to the user: the picture is read all the same.
void silence_exiv2() {
  static std::once_flag once;
  std::call_once(once, [] { Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute); });
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
  if (exif.empty() || exif.size() > std::numeric_limits<std::uint32_t>::max()) return 1;
  silence_exiv2();
  try {
    Exiv2::ExifData metadata;
    Exiv2::ExifParser::decode(metadata, exif.data(), static_cast<std::uint32_t>(exif.size()));
    const auto entry = metadata.findKey(Exiv2::ExifKey("Exif.Image.Orientation"));
    if (entry == metadata.end() || entry->count() == 0) return 1;
    const auto orientation = entry->toLong();
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
  } catch (const std::exception&) {
    return 1;
  }
}

bool orientation_swaps_sides(int orientation) {
  return orientation >= 5 && orientation <= 8;
}

cv::Mat make_upright(const cv::Mat& pixels, int orientation) {
  constexpr int kUpsideDown = 0, kMirrored = 1;
  cv::Mat upright;
  switch (orientation) {
    case 2:
      cv::flip(pixels, upright, kMirrored);
      break;
    case 3:
      cv::rotate(pixels, upright, cv::ROTATE_180);
      break;
    case 4:
      cv::flip(pixels, upright, kUpsideDown);
      break;
    case 5:
      cv::transpose(pixels, upright);
      break;
    case 6:
      cv::rotate(pixels, upright, cv::ROTATE_90_CLOCKWISE);
      break;
    case 7:
      cv::transpose(pixels, upright);
      cv::rotate(upright, upright, cv::ROTATE_180);
      break;
    case 8:
      cv::rotate(pixels, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
      break;
    default:
      return pixels;
  }
  return upright;
}

}  // namespace bonescan
