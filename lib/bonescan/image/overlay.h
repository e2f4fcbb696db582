// Drawing what was found onto the radiograph.
#pragma once

#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "bonescan/core/box.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// A box with the text that stands beside it.
struct CaptionedBox {
  Box box;  // in pixels of the upright image
  std::string caption;
};

// The radiograph in colour with the mask's outline and a light tint inside it (if `mask` is not
// empty) and the boxes; line widths and text grow with the image. CV_8UC3, of the size of
// `radiograph.pixels`, which must be full size.
cv::Mat draw_overlay(const Radiograph& radiograph, const cv::Mat& mask, std::span<const CaptionedBox> boxes);

}  // namespace bonescan
