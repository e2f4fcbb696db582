#include "bonescan/image/image_size.h"

#include <fmt/format.h>

#include <exiv2/exiv2.hpp>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/image/dicom_file.h"
#include "bonescan/image/dicom_header.h"
#include "bonescan/image/dicom_toolkit.h"
#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

int orientation_of(const Exiv2::ExifData& exif) {
  const auto entry = Exiv2::orientation(exif);
  if (entry == exif.end() || entry->count() == 0) return 1;
  const auto orientation = entry->toLong();
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

}  // namespace

cv::Size read_image_size(const std::filesystem::path& path) {
  if (dicom_kind(path) != DicomKind::kNone) return read_dicom_header(*open_dicom(path, {}), {}).size;
  // Damaged metadata are no reason to write to standard error: the size is all that is asked for.
  Exiv2::LogMsg::setLevel(Exiv2::LogMsg::mute);
  try {
    const auto image = Exiv2::ImageFactory::open(path.string());
    image->readMetadata();
    cv::Size size(image->pixelWidth(), image->pixelHeight());
    if (size.width <= 0 || size.height <= 0) throw ImageError("does not say its size");
    if (orientation_swaps_sides(orientation_of(image->exifData()))) std::swap(size.width, size.height);
    return size;
  } catch (const Exiv2::Error& error) {
    throw ImageError(fmt::format("is not an image whose size can be read: {}", error.what()));
  }
}

}  // namespace bonescan
