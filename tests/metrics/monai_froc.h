// FROC as MONAI computes it, with which the points of froc_curve are compared.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan::test {

struct MonaiFroc {
  std::vector<double> false_positives_per_image;  // descending, ends with 0
  std::vector<double> sensitivity;
};

// From the scores of false positives and the highest score at each target (0 for a target that nothing found):
// thresholds at the distinct scores but the lowest.
// Reference: MONAI monai/metrics/froc.py, compute_froc_curve_data.
MonaiFroc monai_froc(std::span<const double> false_positive_scores, std::span<const double> true_positive_scores,
                     std::size_t targets, std::size_t images);

// Linear interpolation between the points, as numpy.interp, where froc_sensitivity is a step function.
// Reference: compute_froc_score.
double monai_froc_sensitivity(const MonaiFroc& froc, double false_positives_per_image);

// With the true and false positives of match_detections, for a set without crowd regions.
MonaiFroc monai_froc(const EvaluationSet& set);

}  // namespace bonescan::test
