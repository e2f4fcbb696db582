// Free-response ROC: sensitivity over false positives per image.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

// 1/8, 1/4, 1/2, 1, 2, 4, 8 false positives per image, as in LUNA16; CAMELYON16, and MONAI after it, leave out 1/8.
std::vector<double> froc_rates();

struct FrocPoint {
  double score_threshold = 0.0;            // detections at or above it count; +infinity for the first point (none)
  double false_positives_per_image = 0.0;  // of all classes together
  double sensitivity = 0.0;
};

// The curve from "no detection counts" to "all count", one point per distinct score.
// Sensitivity, 0..1, = true positives / ground truth that counts, over all classes and images; false positives
// / images, images without ground truth included. Matching as in match_detections, without a limit on detections, but
// that crowd regions are dropped: FROC knows none, so a mark on one is a false positive like any other. Difficult
// objects and what matches them count for nothing. Empty without ground truth that counts.
std::vector<FrocPoint> froc_curve(const EvaluationSet& set, double iou_threshold = 0.5);

// Sensitivity as a step function: the highest on the curve at or below that many false positives per
// image. This is the FROC that reports print. nullopt if the curve is empty.
// Reference: Bandos et al., Biometrics 65 (2009) 247; Chakraborty, Med. Phys. 16 (1989) 561.
std::optional<double> froc_sensitivity(std::span<const FrocPoint> curve, double false_positives_per_image);

// Mean of froc_sensitivity over froc_rates() (the "FROC score", CPM; MONAI's goes over six rates). nullopt if the curve
// is empty.
std::optional<double> froc_mean_sensitivity(std::span<const FrocPoint> curve);

}  // namespace bonescan
