#include "bonescan/metrics/image_matches.h"

#include <span>
#include <utility>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/image_figures.h"

namespace bonescan {

namespace {

// The bits of one cell's detections at the ten thresholds.
void match_at_coco_thresholds(CellMatcher& matcher, std::span<const std::uint8_t> ignored,
                              std::vector<ScoredMatch>& matches) {
  const auto thresholds = coco_iou_thresholds();
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const std::span<const int> taken = matcher.match(thresholds[t], ignored);
    const auto bit = static_cast<std::uint16_t>(1u << t);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i] == CellMatcher::kUnmatched) continue;
      (ignored[taken[i]] ? matches[i].ignored : matches[i].true_positive) |= bit;
    }
  }
}

ClassMatches match_cell(const EvaluationSet& set, const Cell& cell, CellMatcher& matcher, int max_detections,
                        double froc_iou_threshold) {
  const auto [ignored, counted] = mark_ignored(set, cell, is_ignored);
  ClassMatches result;
  result.ground_truth = counted;
  for (const std::uint32_t detection : cell.detections) {
    const bool within_limit = max_detections <= 0 || result.matches.size() < static_cast<std::size_t>(max_detections);
    result.matches.push_back({.score = set.detections[detection].score, .within_limit = within_limit});
  }

  matcher.load(set, cell, coco_iou_thresholds().front());
  match_at_coco_thresholds(matcher, ignored, result.matches);
  matcher.load(set, cell, froc_iou_threshold, CrowdRegions::kDrop);
  const std::span<const int> taken = matcher.match(froc_iou_threshold, ignored);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] == CellMatcher::kUnmatched) continue;
    (ignored[taken[i]] ? result.matches[i].froc_ignored : result.matches[i].froc_true_positive) = true;
  }
  return result;
}

}  // namespace

std::vector<ImageMatches> match_per_image(const EvaluationSet& set, double score_threshold, int max_detections,
                                          double froc_iou_threshold) {
  const Cells cells = make_cells(set, 0);
  const std::vector<std::optional<double>> ious = image_ious(set, cells, score_threshold);
  std::vector<ImageMatches> images;
  for (std::size_t i = 0; i < ious.size(); ++i) images.push_back({cells.image_ids[i], ious[i], {}});
  CellMatcher matcher;
  for (const Cell& cell : cells.cells) {
    ClassMatches matches = match_cell(set, cell, matcher, max_detections, froc_iou_threshold);
    matches.category_id = cells.category_ids[cell.category];
    images[cell.image].classes.push_back(std::move(matches));
  }
  return images;
}

}  // namespace bonescan
