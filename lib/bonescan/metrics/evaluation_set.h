// What every detection figure is computed from: ground truth and detections on the same images.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bonescan/core/box.h"

namespace bonescan {

// Every image counts, boxes or not: an image without ground truth is a negative for FROC and ROC.
// Images and categories are evaluated in ascending order of id, as pycocotools does, whatever their
// order here; the order of ground truth and detections is the files' and decides ties. Boxes of an
// image or a category that is not listed are left out. What crowd regions and difficult objects mean for
// a figure stands in its definition.
struct EvaluationSet {
  std::vector<std::int64_t> image_ids;
  std::vector<std::int64_t> category_ids;
  std::vector<GroundTruthBox> ground_truth;
  std::vector<DetectedBox> detections;
};

// Ground truth that counts for nothing whatever its size, found or missed: crowd regions and difficult objects.
inline bool is_ignored(const GroundTruthBox& truth) {
  return truth.crowd || truth.difficult;
}

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
