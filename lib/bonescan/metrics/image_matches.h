// What the detections of each image match, in rows that are resampled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

// One detection of an image at the ten COCO IoU thresholds: bit t of `true_positive` (`ignored`) says that it
// is a true positive (counts for nothing) at the t-th threshold; bit 0 is IoU 0.5. `froc_true_positive`,
// `froc_ignored`: the same in the FROC's matching.
struct ScoredMatch {
  double score = 0.0;
  std::uint16_t true_positive = 0;
  std::uint16_t ignored = 0;
  bool within_limit = true;  // among the first `max_detections` of its image and class: counts for AP
  bool froc_true_positive = false;
  bool froc_ignored = false;
};

struct ClassMatches {
  std::int64_t category_id = 0;
  std::size_t ground_truth = 0;      // boxes that count: neither crowd nor difficult
  std::vector<ScoredMatch> matches;  // descending score, equal scores in file order
};

// All that a resample needs of one image, small enough to stand in a report: AP of any multiset of
// images follows from these rows without matching anything again.
struct ImageMatches {
  std::int64_t image_id = 0;
  std::optional<double> image_iou;    // see image_figures.h
  std::vector<ClassMatches> classes;  // those with ground truth or detections in this image
};

// In ascending order of image id, as the COCO figures take the images; every image has an element.
// `score_threshold` is that of image_iou, `froc_iou_threshold` that of froc_curve; `max_detections` per image
// and class count for AP (0: all), which ScoredMatch::within_limit says.
std::vector<ImageMatches> match_per_image(const EvaluationSet& set, double score_threshold, int max_detections = 100,
                                          double froc_iou_threshold = 0.5);

}  // namespace bonescan
