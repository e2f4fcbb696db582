// Masks and overlays as files.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>

namespace bonescan {

// Writes an 8-bit PNG with values 0 and 255, whole or not at all. Throws OutputError, ImageError if the format cannot
// hold a picture of that size.
void write_mask_png(const std::filesystem::path& path, const cv::Mat& mask);

// Writes a JPEG (at most 65,500 pixels a side), whole or not at all. Throws as write_mask_png does.
void write_overlay_jpeg(const std::filesystem::path& path, const cv::Mat& picture);

}  // namespace bonescan
