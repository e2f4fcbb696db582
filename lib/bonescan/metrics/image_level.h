// Image-level figures: does the detector tell images with a finding from images without?
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"
#include "bonescan/metrics/intervals.h"

namespace bonescan {

// One image as the ROC sees it.
struct ScoredImage {
  // Highest score of its detections of any class. Without detections there is none: no threshold makes
  // the image positive, and it ranks below every image that has one.
  std::optional<double> score;
  bool positive = false;  // has at least one ground-truth box, crowd or difficult or not
};

// In the order of `set.image_ids`.
std::vector<ScoredImage> score_images(const EvaluationSet& set);

// Area under the image-level ROC curve by the exact rank statistic: the share of pairs (positive,
// negative) in which the positive scores higher, ties count half. Undefined without positives or without
// negatives. Reference: Hanley & McNeil, Radiology 143 (1982) 29 (Mann-Whitney U).
std::optional<double> image_level_auc(std::span<const ScoredImage> images);

// An image is called positive if it has a detection at or above the threshold.
struct ImageLevelFigures {
  double score_threshold = 0.0;
  std::size_t true_positives = 0;
  std::size_t false_negatives = 0;
  std::size_t false_positives = 0;
  std::size_t true_negatives = 0;
  std::optional<double> auc;
  std::optional<double> sensitivity;             // TP / (TP + FN), undefined without positives
  std::optional<double> specificity;             // TN / (TN + FP), undefined without negatives
  std::optional<Interval> sensitivity_interval;  // Wilson, 95 %
  std::optional<Interval> specificity_interval;
};

ImageLevelFigures image_level_figures(std::span<const ScoredImage> images, double score_threshold);

// The ROC curve: one point per distinct score, from (0, 0) to (1, 1). Empty where the AUC is undefined.
struct RocPoint {
  double score_threshold = 0.0;
  double false_positive_rate = 0.0;
  double true_positive_rate = 0.0;
};
std::vector<RocPoint> image_level_roc(std::span<const ScoredImage> images);

}  // namespace bonescan
