// Which ground truth each detection finds.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

// What became of one detection.
enum class Outcome {
  kTruePositive,
  kFalsePositive,
  kIgnored,  // matched a crowd region or a difficult object: counts for nothing
  kLeftOut,  // beyond the maximum number of detections, or of an unknown image or category
};

struct MatchedDetection {
  Outcome outcome = Outcome::kLeftOut;
  std::optional<std::size_t> ground_truth;  // index into EvaluationSet::ground_truth, if matched
  double iou = 0.0;                         // with that ground truth (crowd: over the detection's area)
};

// Element i belongs to element i of the evaluation set.
struct Matching {
  std::vector<MatchedDetection> detections;
  // Index of the true positive on it; nullopt: missed, or ground truth that is_ignored() or is left out.
  std::vector<std::optional<std::size_t>> ground_truth;
};

// COCO matching at one IoU threshold, without area limits: within image and class, detections in
// descending score (equal scores in file order), each takes the free ground truth of highest IoU (the
// later one if equal) among those at or above the threshold; ground truth that is not ignored goes first,
// crowd regions may be taken many times. Reference: pycocotools 2.0.11, COCOeval.evaluateImg.
// `max_detections` per image and class; 0 means no limit.
Matching match_detections(const EvaluationSet& set, double iou_threshold = 0.5, int max_detections = 100);

}  // namespace bonescan
