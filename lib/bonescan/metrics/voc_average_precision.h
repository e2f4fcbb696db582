// Average precision as the Pascal VOC development kit defines it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

struct VocParameters {
  double iou_threshold = 0.5;
  // The development kit counts pixels, so that a box from x=1 to x=1 is one pixel wide: width and
  // height grow by one when IoU is computed. Off for continuous coordinates.
  bool plus_one_pixel = false;
};

struct VocClass {
  std::int64_t category_id = 0;
  std::size_t ground_truth = 0;  // boxes that count: neither crowd nor difficult
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
  std::optional<double> ap_11_point;  // undefined without ground truth
  std::optional<double> ap_all_points;
};

// Per class, detections of all images in descending score (equal scores in the order of images, then of
// the file): each looks at the ground truth of highest IoU (the first if equal) in its image and is a
// true positive if that IoU reaches the threshold and the object is not yet taken, else a false
// positive; matched difficult objects count for neither. Crowd regions are unknown to VOC and dropped.
//   11 points (VOC 2007): mean over recalls 0, .1, ... 1 of the highest precision at that recall or above;
//   the recalls are i * 0.1 in double precision, as numpy.arange gives them to voc_eval.py, so that 3/10 does not
//   reach the fourth.
//   all points (VOC 2010 on): area under the precision envelope at every recall that is reached.
// The figures of the set are means over classes with ground truth; undefined if there is none.
// Reference: VOCdevkit VOCevaldet.m; Everingham et al., IJCV 88 (2010) 303; py-faster-rcnn voc_eval.py.
struct VocEvaluation {
  std::optional<double> ap_11_point;
  std::optional<double> ap_all_points;
  std::vector<VocClass> classes;  // in ascending order of category id
};

VocEvaluation evaluate_voc(const EvaluationSet& set, const VocParameters& parameters = {});

}  // namespace bonescan
