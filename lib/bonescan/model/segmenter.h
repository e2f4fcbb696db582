// Bone segmentation: where the bones are, and whether there are any.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "bonescan/image/radiograph.h"
#include "bonescan/model/model.h"

namespace bonescan {

// The thresholds in force. With the defaults every picture with a pixel of bone shows bone.
struct SegmentationThresholds {
  double mask = 0.5;             // a pixel is bone above this probability, 0..1
  double bone_fraction = 0.0;    // least share of the network's grid, 0..1
  double bone_confidence = 0.0;  // least mean probability over the mask, 0..1
};

// Unset thresholds come from the card's operating point, else from SegmentationThresholds' defaults.
struct SegmentationOptions {
  std::optional<double> mask_threshold = {};
  std::optional<double> min_bone_fraction = {};
  std::optional<double> min_bone_confidence = {};
  // The mask is where the mean over the picture and its mirror image, left to right, is bone: takes twice as long.
  bool test_time_flips = false;
};

// What the segmenter says about one radiograph. Whether there is bone, how much and how surely is told by the picture
// itself, with test-time flips, too: the thresholds of a card are for that, and the mean of two answers is less sure.
struct BoneFinding {
  bool present = false;     // enough bone, confidently enough
  double fraction = 0.0;    // share of bone pixels on the network's grid (letterbox border left out)
  double confidence = 0.0;  // mean probability of the bone pixels; 0 if there are none
  cv::Mat mask;             // CV_8U, 0 or 255, size of the upright image
};

class Segmenter {
 public:
  // Throws UsageError if the model is no segmenter, or a threshold, given or the card's, is outside 0..1.
  explicit Segmenter(Model model, const SegmentationOptions& options = {});

  // Throws ImageError if the network fails on the picture or its answer is not finite, std::bad_alloc where memory runs
  // out. Thread-safe.
  BoneFinding segment(const Radiograph& radiograph) const;

  const Model& model() const { return model_; }

 private:
  // [H, W] CV_32F on the network's grid, 0..1.
  cv::Mat bone_probability(const Tensor& input) const;
  cv::Mat mean_with_mirror_image(const cv::Mat& probability, const Tensor& input) const;

  Model model_;
  SegmentationThresholds thresholds_;
  bool test_time_flips_ = false;
};

// Throws UsageError as load_model and the constructor do.
Segmenter load_segmenter(const std::filesystem::path& path, const ModelOptions& model_options = {},
                         const SegmentationOptions& options = {});

}  // namespace bonescan
