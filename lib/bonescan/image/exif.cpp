#include "bonescan/image/exif.h"

#include <exception>
#include <exiv2/exiv2.hpp>
#include <limits>
#include <mutex>
#include <new>

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
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return 1;
  }
}

}  // namespace bonescan
