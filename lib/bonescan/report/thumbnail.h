// Small pictures for a report, as data URIs.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <string>

#include "bonescan/image/overlay.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// "data:image/jpeg;base64,..." of the radiograph, its longer side 420 pixels, with the ground truth in green and the
// predictions in orange (in pixels of the upright image). Throws ImageError.
std::string box_thumbnail(const std::filesystem::path& image, const ReadOptions& read,
                          std::span<const CaptionedBox> truth, std::span<const CaptionedBox> predictions);

// The outlines of two masks of one size over the radiograph (over black if `image` is empty or cannot be read).
std::string mask_thumbnail(const std::filesystem::path& image, const ReadOptions& read, const cv::Mat& ground_truth,
                           const cv::Mat& prediction);

}  // namespace bonescan
