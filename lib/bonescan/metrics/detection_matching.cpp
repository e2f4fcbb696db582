#include "bonescan/metrics/detection_matching.h"

#include <span>

#include "bonescan/metrics/cell_matcher.h"

namespace bonescan {

Matching match_detections(const EvaluationSet& set, double iou_threshold, int max_detections) {
  Matching result;
  result.detections.resize(set.detections.size());
  result.ground_truth.resize(set.ground_truth.size());

  const Cells cells = make_cells(set, max_detections);
  CellMatcher matcher;
  for (const Cell& cell : cells.cells) {
    const std::vector<std::uint8_t> ignored = mark_ignored(set, cell, is_ignored).ignored;
    matcher.load(set, cell, iou_threshold);
    const std::span<const int> matches = matcher.match(iou_threshold, ignored);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      MatchedDetection& matched = result.detections[cell.detections[i]];
      if (matches[i] == CellMatcher::kUnmatched) {
        matched.outcome = Outcome::kFalsePositive;
        continue;
      }
      const std::uint32_t truth = cell.ground_truth[matches[i]];
      matched.outcome = ignored[matches[i]] ? Outcome::kIgnored : Outcome::kTruePositive;
      matched.ground_truth = truth;
      matched.iou = matcher.iou(i, matches[i]);
      if (matched.outcome == Outcome::kTruePositive) result.ground_truth[truth] = cell.detections[i];
    }
  }
  return result;
}

}  // namespace bonescan
