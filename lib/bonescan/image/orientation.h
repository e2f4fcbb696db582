// EXIF orientation: reading it, and turning a picture upright.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>

namespace bonescan {

// The orientation 1..8 in an EXIF block (a TIFF header and its directories, without the "Exif\0\0"
// that precedes it in a JPEG). 1 if it names none or cannot be read: a picture with damaged
// metadata is still a picture.
int exif_orientation(std::span<const std::uint8_t> exif);

// True for the orientations 5..8, which exchange width and height.
bool orientation_swaps_sides(int orientation);

// The picture as it should be seen (EXIF 2.3, tag 0x0112).
cv::Mat make_upright(const cv::Mat& pixels, int orientation);

}  // namespace bonescan
