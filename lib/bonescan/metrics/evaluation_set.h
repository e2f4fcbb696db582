// What every detection figure is computed from: ground truth and detections on the same images.
#pragma once

#include <cstdint>
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

}  // namespace bonescan
