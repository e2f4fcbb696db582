#include "bonescan/metrics/ranked_outcomes.h"

#include <algorithm>
#include <span>

namespace bonescan {

RankedOutcomes rank_outcomes(const EvaluationSet& set, double iou_threshold, CrowdRegions crowd_regions) {
  const Cells cells = make_cells(set, 0);
  RankedOutcomes result;
  std::vector<ScoreCounts> detections;  // each by itself
  CellMatcher matcher;
  for (const Cell& cell : cells.cells) {
    const CellTruth truth = mark_ignored(set, cell, is_ignored);
    result.ground_truth += truth.counted;
    matcher.load(set, cell, iou_threshold, crowd_regions);
    const std::span<const int> matches = matcher.match(iou_threshold, truth.ignored);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const double score = set.detections[cell.detections[i]].score;
      if (matches[i] == CellMatcher::kUnmatched) {
        detections.push_back({score, 0, 1});
      } else {
        detections.push_back({score, truth.ignored[matches[i]] ? 0u : 1u, 0});
      }
    }
  }

  std::sort(detections.begin(), detections.end(),
            [](const ScoreCounts& a, const ScoreCounts& b) { return a.score > b.score; });
  ScoreCounts total;
  for (const ScoreCounts& detection : detections) {
    total.score = detection.score;
    total.true_positives += detection.true_positives;
    total.false_positives += detection.false_positives;
    if (!result.counts.empty() && result.counts.back().score == detection.score) result.counts.pop_back();
    result.counts.push_back(total);
  }
  return result;
}

}  // namespace bonescan
