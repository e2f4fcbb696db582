// BMP: through OpenCV, with the header checked first.
#pragma once

#include "bonescan/image/decoded_image.h"

namespace bonescan {

// Palettes of greys become grey, others BGR. Throws ImageError for data that end early (unless
// options.allow_truncated: what is missing is then zero) or are damaged.
DecodedImage decode_bmp(std::span<const std::uint8_t> bytes, const ReadOptions& options);
cv::Size read_bmp_size(std::span<const std::uint8_t> bytes, const ReadOptions& options);

}  // namespace bonescan
