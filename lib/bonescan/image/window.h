// Which grey levels of a picture count as black and white.
#pragma once

#include <opencv2/core.hpp>

namespace bonescan {

struct Window {
  double black = 0.0;
  double white = 255.0;  // above black
};

// 8 bit: 0..255, whatever the content. 16 bit: 0..65535 if the levels span at least half of that
// range; else (12-bit data in 16-bit samples, signed data with an offset) from the 0.5th to the
// 99.5th percentile over all channels, or from the lowest to the highest level where those two
// percentiles coincide. A constant picture gets a window that shows it black.
Window display_window(const cv::Mat& pixels);

}  // namespace bonescan
