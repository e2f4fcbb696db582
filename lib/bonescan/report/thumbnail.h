// Small pictures for a report, as data URIs.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "bonescan/core/box.h"

namespace bonescan {

struct ThumbnailBox {
  Box box;                // in pixels of the upright image
  std::string caption;    // beside the box, or empty
  bool is_truth = false;  // ground truth is green, predictions are orange
};

// "data:image/jpeg;base64,..." of the radiograph, its longer side 420 pixels, with the boxes drawn. Throws ImageError.
std::string box_thumbnail(const std::filesystem::path& image, const std::vector<ThumbnailBox>& boxes);

// The outlines of two masks of one size over the radiograph (over black if `image` is empty or cannot be read).
std::string mask_thumbnail(const std::filesystem::path& image, const cv::Mat& ground_truth, const cv::Mat& prediction);

}  // namespace bonescan
