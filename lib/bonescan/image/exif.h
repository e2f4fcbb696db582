// What Exiv2 tells of a picture without decoding it: its orientation and its size.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <span>

namespace bonescan {

// The orientation 1..8 in an EXIF block (a TIFF header and its directories, without the "Exif\0\0"
// that precedes it in a JPEG). 1 if it names none or cannot be read: a picture with damaged
// metadata is still a picture.
int exif_orientation(std::span<const std::uint8_t> exif);

// The size of the upright picture, in pixels, as the header of a JPEG, PNG, TIFF or BMP gives it. Unset where Exiv2
// cannot tell, which does not mean that there is no picture: it knows neither BigTIFF nor BMPs stored from the top.
std::optional<cv::Size> size_in_header(const std::filesystem::path& path);

}  // namespace bonescan
