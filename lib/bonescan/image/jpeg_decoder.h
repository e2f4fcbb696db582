// JPEG: baseline, progressive, grey, colour and CMYK, through libjpeg-turbo.
#pragma once

#include <string_view>

#include "bonescan/image/decoded_image.h"

namespace bonescan {

// With options.reduce_to_side the picture is scaled by 1/2, 1/4 or 1/8 while it is decoded (a side
// that does not divide is rounded up; the last pixel then stands for less than the others). CMYK
// becomes BGR without a colour profile, inverted where an Adobe marker says that inks are stored so.
// Throws ImageError for data that end early (unless options.allow_truncated: what is missing is
// then grey) or are damaged.
DecodedImage decode_jpeg(std::span<const std::uint8_t> bytes, const ReadOptions& options);
cv::Size read_jpeg_size(std::span<const std::uint8_t> bytes, const ReadOptions& options);

// A progressive JPEG of a few kilobytes can ask for thousands of passes over the whole picture; libjpeg-turbo's own
// tools stop there, too.
inline constexpr int kMostJpegScans = 500;

// Whether the text of a warning of libjpeg's means that pixels were lost: for libraries that decode JPEG data inside
// their own files and hand on no more than that.
bool tells_of_lost_jpeg_pixels(std::string_view warning);

}  // namespace bonescan
