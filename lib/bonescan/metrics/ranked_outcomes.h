// All detections of a set by descending score, each a hit or a false alarm: what FROC and the operating
// point count.
#pragma once

#include <cstddef>
#include <vector>

#include "bonescan/metrics/cell_matcher.h"

namespace bonescan {

// The counts when all detections at or above a score count.
struct ScoreCounts {
  double score = 0.0;
  std::size_t hits = 0;
  std::size_t false_alarms = 0;
};

struct RankedOutcomes {
  std::vector<ScoreCounts> counts;  // one for each distinct score, descending
  std::size_t ground_truth = 0;     // boxes that count: neither crowd nor difficult
};

// Over all classes and images, without a limit on detections.
RankedOutcomes rank_outcomes(const EvaluationSet& set, double iou_threshold, CrowdRegions crowd_regions);

}  // namespace bonescan
