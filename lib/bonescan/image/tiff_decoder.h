// TIFF: grey, palette and colour at up to 8 or at 16 bits, through libtiff.
#pragma once

#include "bonescan/image/decoded_image.h"

namespace bonescan {

// The first page. Up to 8 bits: whatever libtiff can turn into RGBA (grey stays grey, min-is-white
// is inverted). 16 bits: grey (either way round), RGB, with or without alpha, in strips or tiles;
// signed samples are shifted up by 32768. Throws ImageError for other sample formats, and for data
// that end early (unless options.allow_truncated: what is missing is then black) or are damaged.
DecodedImage decode_tiff(std::span<const std::uint8_t> bytes, const ReadOptions& options);
cv::Size read_tiff_size(std::span<const std::uint8_t> bytes, const ReadOptions& options);

}  // namespace bonescan
