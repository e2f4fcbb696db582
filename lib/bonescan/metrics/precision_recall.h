// The precision-recall curve of ranked detections and the area under it, by COCO's arithmetic.
#pragma once

#include <array>
#include <span>

#include "bonescan/metrics/coco_evaluation.h"

namespace bonescan {

// The counts just after a hit in the ranking: hits so far, and detections so far that count (hits and
// false alarms).
struct RankedHit {
  double hits = 0.0;
  double counted = 0.0;
};

// Precision at the 101 recalls: the highest precision at any hit from the first that reaches the recall
// on; 0 where no hit does. `ground_truth` > 0.
std::array<double, coco_recall_points> interpolated_precision(std::span<const RankedHit> hits, double ground_truth);

// Mean of interpolated_precision.
double average_precision(std::span<const RankedHit> hits, double ground_truth);

}  // namespace bonescan
