// The size of an image without decoding it.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

#include "bonescan/image/radiograph.h"

namespace bonescan {

// Size of the upright image (EXIF orientation applied), read from the file's header, in pixels; of a DICOM file, of
// each of its frames. `options` matter where the image must be decoded after all. Throws ImageError if the file is no
// image.
cv::Size read_image_size(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace bonescan
