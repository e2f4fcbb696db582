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
  bool faint = false;  // a thin frame in a darker shade
};

// A score, 0..1, in two digits, rounded down: only a score of 1 is shown as 1.
std::string score_caption(double score);

// Orange, which differs from the blue-green of bone in lightness as well as in hue: they stay apart for colour-blind
// eyes and on a grey print. In BGR, as all of OpenCV's colours.
inline const cv::Scalar kBoxColour(0, 140, 255);

// Draws a frame around each box (in pixels of `picture`, CV_8UC3) and its caption, if it has one, above, below or
// inside it, where no earlier caption is: the first boxes have the first choice, and lie on top. Line widths and text
// grow with the picture.
void draw_boxes(cv::Mat& picture, std::span<const CaptionedBox> boxes, const cv::Scalar& colour);

// The radiograph in colour with the mask's outline and a light tint inside it (if `mask` is not empty), the boxes, and
// `note` in the upper left corner (if it is not empty). CV_8UC3, of the size of `radiograph.pixels`, which must be full
// size. `mask` is CV_8U and of the same size; it is bone where it is not 0.
cv::Mat draw_overlay(const Radiograph& radiograph, const cv::Mat& mask, std::span<const CaptionedBox> boxes,
                     const std::string& note = "");

}  // namespace bonescan
