// EXIF orientation: turning a picture upright.
#pragma once

#include <opencv2/core.hpp>

namespace bonescan {

// The size of the upright picture, of one that is stored with the size `stored`: the orientations 5..8 exchange width
// and height.
cv::Size upright_size(cv::Size stored, int orientation);

// The picture as it should be seen (EXIF 2.3, tag 0x0112). `orientation` is 1..8; for 1 and for anything else the
// result is `pixels`, not a copy of it.
cv::Mat make_upright(const cv::Mat& pixels, int orientation);

}  // namespace bonescan
