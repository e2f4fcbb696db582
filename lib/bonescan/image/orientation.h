// EXIF orientation: turning a picture upright.
#pragma once

#include <opencv2/core.hpp>

namespace bonescan {

// True for the orientations 5..8, which exchange width and height.
bool orientation_swaps_sides(int orientation);

// The size of the upright picture, of one that is stored with the size `stored`.
cv::Size upright_size(cv::Size stored, int orientation);

// The picture as it should be seen (EXIF 2.3, tag 0x0112). `orientation` is 1..8; for 1 and for anything else the
// result is `pixels`, not a copy of it.
cv::Mat make_upright(const cv::Mat& pixels, int orientation);

}  // namespace bonescan
