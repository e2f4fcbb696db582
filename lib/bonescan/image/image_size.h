// The size of an image without decoding it.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace bonescan {

// Size of the upright image (EXIF orientation applied), read from the file's header, in pixels; of a DICOM file, of
// each of its frames. Throws ImageError if the file is no image.
cv::Size read_image_size(const std::filesystem::path& path);

}  // namespace bonescan
