// The charts of an evaluation.
#pragma once

#include <string>
#include <vector>

#include "bonescan/report/detection_evaluation.h"
#include "bonescan/report/segmentation_evaluation.h"

namespace bonescan {

struct Chart {
  std::string title;
  std::string svg;
  std::string caption;
};

// Precision over recall, FROC, ROC of images, scores of true and false positives, IoU of the ground-truth boxes; those
// that are defined.
std::vector<Chart> charts_of(const DetectionEvaluation& evaluation);

// IoU and Dice of the images.
std::vector<Chart> charts_of(const SegmentationEvaluation& evaluation);

}  // namespace bonescan
