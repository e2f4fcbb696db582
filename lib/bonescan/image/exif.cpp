#include "bonescan/image/exif.h"

#include <exception>
#include <exiv2/exiv2.hpp>
#include <limits>
#include <mutex>
#include <utility>

#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

// Damaged metadata is no news to the user: the picture is read all the same.
void silence_exiv2() {
  static std::once_flag once;
  std::call_once(once, [] { Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute); });
}

int orientation_of(const Exiv2::ExifData& metadata) {
  const auto entry = metadata.findKey(Exiv2::ExifKey("Exif.Image.Orientation"));
  if (entry == metadata.end() || entry->count() == 0) return 1;
  const auto orientation = entry->toLong();
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
  if (exif.empty() || exif.size() > std::numeric_limits<std::uint32_t>::max()) return 1;
  silence_exiv2();
  try {
    Exiv2::ExifData metadata;
    Exiv2::ExifParser::decode(metadata, exif.data(), static_cast<std::uint32_t>(exif.size()));
    return orientation_of(metadata);
  } catch (const std::exception&) {
    return 1;
  }
}

std::optional<cv::Size> size_in_header(const std::filesystem::path& path) {
  silence_exiv2();
  try {
    // An absolute name: Exiv2 takes "-" for standard input.
    const auto image = Exiv2::ImageFactory::open(std::filesystem::absolute(path).string());
    image->readMetadata();
    cv::Size size(image->pixelWidth(), image->pixelHeight());
    if (size.width <= 0 || size.height <= 0) return std::nullopt;
    if (orientation_swaps_sides(orientation_of(image->exifData()))) std::swap(size.width, size.height);
    return size;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace bonescan
