// The precision-recall curve of ranked detections and the area under it, by COCO's arithmetic.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace bonescan {

inline constexpr std::size_t kCocoRecallPoints = 101;

// 0, .01, ... 1, computed as numpy.linspace(0, 1, 101) does.
std::array<double, kCocoRecallPoints> coco_recalls();

// The counts (or weights) just after a true positive in the ranking: true positives so far, and detections
// so far that count (true and false positives).
struct RankedTruePositive {
  double true_positives = 0.0;
  double counted = 0.0;
};

// Precision, 0..1, at each of coco_recalls(): the highest at any true positive from the first that reaches
// the recall on; 0 where none does. `ground_truth`, the count or weight of the boxes that count, is above 0.
// Reference: pycocotools 2.0.11, COCOeval.accumulate.
std::array<double, kCocoRecallPoints> interpolated_precision(std::span<const RankedTruePositive> ranked,
                                                             double ground_truth);

// Mean of interpolated_precision.
double average_precision(std::span<const RankedTruePositive> ranked, double ground_truth);

}  // namespace bonescan
