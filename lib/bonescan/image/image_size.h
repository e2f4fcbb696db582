// The size of an image without decoding it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>

#include "bonescan/image/radiograph.h"

namespace bonescan {

// Size of the upright image (EXIF orientation applied), in pixels; of a DICOM file, of each of its frames. It is the
// size that read_radiograph gives. What is damaged or missing behind the header does not matter. Throws ImageError if
// the file is not an image or is over a limit of `options`.
cv::Size read_image_size(const std::filesystem::path& path, const ReadOptions& options = {});

// The same from a file's bytes; options.max_file_size does not apply.
cv::Size image_size_in(std::span<const std::uint8_t> bytes, const ReadOptions& options = {});

}  // namespace bonescan
