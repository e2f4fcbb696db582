// Orientation in EXIF metadata, through Exiv2.
#pragma once

#include <cstdint>
#include <span>

namespace bonescan {

// The orientation 1..8 in an EXIF block (a TIFF header and its directories, without the "Exif\0\0"
// that precedes it in a JPEG). 1 if it names none or cannot be read: a picture with damaged
// metadata is still a picture.
int exif_orientation(std::span<const std::uint8_t> exif);

}  // namespace bonescan
