#include "bonescan/image/image_size.h"

#include "bonescan/core/file.h"
#include "bonescan/image/dicom_decoder.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/image_errors.h"
#include "bonescan/image/image_format.h"

namespace bonescan {

cv::Size read_image_size(const std::filesystem::path& path, const ReadOptions& options) {
  const bool dicom = is_dicom(read_file_start(path, kDicomHeadSize, options.max_file_size));
  return with_image_errors([&] {
    if (dicom) return read_dicom_size(path, options);
    return image_size_in(read_file_bytes(path, options.max_file_size), options);
  });
}

cv::Size image_size_in(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return with_image_errors([&] { return require_format(bytes).read_size(bytes, options); });
}

}  // namespace bonescan
