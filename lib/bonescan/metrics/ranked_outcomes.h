// True and false positives of a whole set at every score threshold: what FROC and the operating point are
// computed from.
#pragma once

#include <cstddef>
#include <vector>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

// The counts when all detections at or above a score count.
struct ScoreCounts {
  double score = 0.0;
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
};

struct RankedOutcomes {
  std::vector<ScoreCounts> counts;  // one for each distinct score, descending
  std::size_t ground_truth = 0;     // boxes that count: neither crowd nor difficult
};

// Over all classes and images, matched as in match_detections without a limit on detections, crowd regions as
// `crowd_regions` says. Ignored detections add to neither count.
RankedOutcomes rank_outcomes(const EvaluationSet& set, double iou_threshold, CrowdRegions crowd_regions);

}  // namespace bonescan
