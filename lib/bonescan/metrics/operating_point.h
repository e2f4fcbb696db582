// Precision, recall and F1 at one score threshold.
#pragma once

#include <cstddef>
#include <optional>

#include "bonescan/metrics/ranked_outcomes.h"

namespace bonescan {

// Of outcomes with CrowdRegions::kIgnore: over all images and classes, COCO matching without a limit on detections.
// precision = TP / (TP + FP), undefined without true or false positives; recall = TP / (TP + FN), undefined
// without ground truth that counts; F1 = 2 TP / (2 TP + FP + FN), undefined if all three are 0; each 0..1.
struct OperatingPoint {
  double score_threshold = 0.0;  // detections at or above it count
  std::optional<double> precision;
  std::optional<double> recall;
  std::optional<double> f1;
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
  std::size_t false_negatives = 0;
};

OperatingPoint operating_point(const RankedOutcomes& outcomes, double score_threshold);

// The point at the detection score with the highest F1 (the highest such score if several); nullopt if no
// detection is a true positive.
std::optional<OperatingPoint> best_f1_operating_point(const RankedOutcomes& outcomes);

}  // namespace bonescan
