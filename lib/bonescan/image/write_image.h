// Masks and overlays as files.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "bonescan/core/box.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// Writes an 8-bit PNG with values 0 and 255, whole or not at all. Throws OutputError.
void write_mask_png(const std::filesystem::path& path, const cv::Mat& mask);

// A box with the text that stands beside it.
struct CaptionedBox {
  Box box;  // in pixels of the upright image
  std::string caption;
};

// The radiograph in colour with the mask's outline and a light tint inside it (if `mask` is not
// empty) and the boxes; line widths and text grow with the image. CV_8UC3, of the size of
// `radiograph.pixels`, which must be full size.
cv::Mat draw_overlay(const Radiograph& radiograph, const cv::Mat& mask, std::span<const CaptionedBox> boxes);

// Writes a JPEG, whole or not at all. Throws OutputError.
void write_overlay_jpeg(const std::filesystem::path& path, const cv::Mat& picture);

}  // namespace bonescan
