// Masks and overlays as files.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace bonescan {

// Writes a mask (CV_8U, 0 or 255) as an 8-bit PNG, whole or not at all. Throws OutputError, ImageError if the format
// cannot hold a picture of that size.
void write_mask_png(const std::filesystem::path& path, const cv::Mat& mask);

// Writes a picture (CV_8UC3 in BGR, or CV_8U) as a JPEG (at most 65,500 pixels a side), whole or not at all. Throws as
// write_mask_png does.
void write_overlay_jpeg(const std::filesystem::path& path, const cv::Mat& picture);

}  // namespace bonescan
