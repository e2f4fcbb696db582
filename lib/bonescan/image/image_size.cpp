#include "bonescan/image/image_size.h"

#include <limits>

#include "bonescan/core/file.h"
#include "bonescan/image/dicom_header.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/dicom_toolkit.h"
#include "bonescan/image/exif.h"

namespace bonescan {

cv::Size read_image_size(const std::filesystem::path& path, const ReadOptions& options) {
  const auto head = read_file_start(path, kDicomHeadSize, std::numeric_limits<std::uint64_t>::max());
  if (is_dicom(head))
    return with_dicom_toolkit([&] { return read_dicom_header(*open_dicom(path, options), options).size; });
  if (const auto size = size_in_header(path)) return *size;
  return read_radiograph(path, options).size;  // or says why there is none
}

}  // namespace bonescan
