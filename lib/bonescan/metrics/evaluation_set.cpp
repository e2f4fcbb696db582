#include "bonescan/metrics/evaluation_set.h"

#include "bonescan/metrics/cell_matcher.h"

namespace bonescan {

Matching match_detections(const EvaluationSet& set, double iou_threshold, int max_detections) {
  Matching result;
  result.detections.resize(set.detections.size());
  result.ground_truth.resize(set.ground_truth.size());

  const Cells cells = make_cells(set, max_detections);
  CellMatcher matcher;
  std::vector<std::uint8_t> ignored;
  for (const Cell& cell : cells.cells) {
    mark_ignored(set, cell, ignored);
    matcher.load(set, cell, iou_threshold);
    const std::span<const int> matches = matcher.match(iou_threshold, ignored);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      MatchedDetection& matched = result.detections[cell.detections[i]];
      if (matches[i] == CellMatcher::unmatched) {
        matched.outcome = Outcome::false_alarm;
        continue;
      }
      const std::uint32_t truth = cell.ground_truth[matches[i]];
      matched.outcome = ignored[matches[i]] ? Outcome::ignored : Outcome::hit;
      matched.ground_truth = truth;
      matched.iou = matcher.iou(i, matches[i]);
      if (matched.outcome == Outcome::hit) result.ground_truth[truth] = cell.detections[i];
    }
  }
  return result;
}

}  // namespace bonescan
