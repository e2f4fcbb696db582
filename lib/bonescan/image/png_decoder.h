// PNG: every colour type and depth, through libpng.
#pragma once

#include "bonescan/image/decoded_image.h"

namespace bonescan {

// 1, 2 and 4 bits and palettes become 8 bit; 16 bit stays; alpha is blended over black. The orientation is that of an
// eXIf chunk, before the pixels or behind them; ImageMagick's text chunks that hold EXIF ("Raw profile type exif")
// count for nothing, as in browsers. Throws ImageError for data that end early (unless options.allow_truncated: the
// missing rows are then black) or are damaged.
DecodedImage decode_png(std::span<const std::uint8_t> bytes, const ReadOptions& options);
cv::Size read_png_size(std::span<const std::uint8_t> bytes, const ReadOptions& options);

}  // namespace bonescan
