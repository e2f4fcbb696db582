// The figures of a weighted multiset of images, in time that suits thousands of draws.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/image_matches.h"
#include "bonescan/metrics/resampled_figures.h"

namespace bonescan {

// Ranks all detections once; a draw then only counts. An image of weight w stands for w copies of it. Where detections
// have equal scores, the w copies of one stand together, before those of the next.
class Resampler {
 public:
  explicit Resampler(std::span<const ImageMatches> images);

  // `weights`: one for each image. With every weight 1 the figures are those of evaluate_coco,
  // image_figures and froc_sensitivity.
  ResampledFigures figures(std::span<const std::uint32_t> weights) const;

 private:
  // The detections of one class within the limit, by descending score.
  struct RankedClass {
    std::vector<std::uint32_t> images;  // which image each detection lies in
    // Places in `images` of the true positives and of the ignored detections at each IoU threshold.
    std::array<std::vector<std::uint32_t>, kCocoIouThresholdCount> true_positives;
    std::array<std::vector<std::uint32_t>, kCocoIouThresholdCount> ignored;
    std::vector<std::uint32_t> ground_truth;  // in each image
  };

  // Detections of all classes as the FROC ranks them, without those that it ignores.
  struct RankedMark {
    double score = 0.0;
    std::uint32_t image = 0;
    bool true_positive = false;
  };

  void rank_class(std::span<const ImageMatches> images, std::int64_t category_id);
  void rank_marks(std::span<const ImageMatches> images);

  std::vector<RankedClass> classes_;
  std::vector<RankedMark> marks_;
  std::vector<std::uint32_t> ground_truth_;  // in each image, over all classes
  std::vector<std::optional<double>> image_iou_;

  struct ClassPrecision {
    double ap = 0.0;
    double ap50 = 0.0;
  };
  std::optional<ClassPrecision> class_precision(const RankedClass& ranked,
                                                std::span<const std::uint32_t> weights) const;
  std::optional<double> sensitivity(std::span<const std::uint32_t> weights, double false_positives_per_image) const;
  std::optional<double> mean_image_iou(std::span<const std::uint32_t> weights) const;
};

}  // namespace bonescan
