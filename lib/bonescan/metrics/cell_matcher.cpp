#include "bonescan/metrics/cell_matcher.h"

#include <algorithm>

namespace bonescan {

double coco_iou(const Box& detection, const GroundTruthBox& truth) {
  const double shared = intersection_area(detection, truth.box);
  if (shared <= 0.0) return 0.0;
  return shared / (truth.crowd ? area(detection) : area(detection) + area(truth.box) - shared);
}

namespace {

// pycocotools lowers a threshold of 1 by this much, so that equal boxes still match.
constexpr double kHighestThreshold = 1.0 - 1e-10;

}  // namespace

void CellMatcher::load(const EvaluationSet& set, const Cell& cell, double lowest_threshold,
                       CrowdRegions crowd_regions) {
  lowest_threshold = std::min(lowest_threshold, kHighestThreshold);
  pairs_.clear();
  first_pair_.assign(1, 0);
  crowd_.clear();
  for (const std::uint32_t truth : cell.ground_truth) crowd_.push_back(set.ground_truth[truth].crowd);
  matches_.assign(cell.detections.size(), kUnmatched);
  candidates_.clear();

  for (std::size_t detection = 0; detection < cell.detections.size(); ++detection) {
    const Box& box = set.detections[cell.detections[detection]].box;
    for (std::size_t i = 0; i < cell.ground_truth.size(); ++i) {
      if (crowd_[i] && crowd_regions == CrowdRegions::kDrop) continue;
      const GroundTruthBox& truth = set.ground_truth[cell.ground_truth[i]];
      if (lowest_threshold > 0.0 && !may_overlap(box, truth.box)) continue;
      const double iou = coco_iou(box, truth);
      if (iou >= lowest_threshold) pairs_.push_back({static_cast<int>(i), iou});
    }
    if (pairs_.size() > first_pair_.back()) candidates_.push_back(static_cast<std::uint32_t>(detection));
    first_pair_.push_back(pairs_.size());
  }
}

int CellMatcher::best_pair(std::size_t detection, double threshold, std::span<const std::uint8_t> ignored,
                           bool among_ignored) const {
  int best = kUnmatched;
  double best_iou = threshold;
  for (std::size_t i = first_pair_[detection]; i < first_pair_[detection + 1]; ++i) {
    const auto [truth, iou] = pairs_[i];
    if ((ignored[truth] != 0) != among_ignored) continue;
    if (taken_[truth] && !crowd_[truth]) continue;
    if (iou < best_iou) continue;
    best = truth;
    best_iou = iou;
  }
  return best;
}

std::span<const int> CellMatcher::match(double iou_threshold, std::span<const std::uint8_t> ignored) {
  const double threshold = std::min(iou_threshold, kHighestThreshold);
  taken_.assign(crowd_.size(), 0);
  for (const std::uint32_t detection : candidates_) {
    int truth = best_pair(detection, threshold, ignored, false);
    if (truth == kUnmatched) truth = best_pair(detection, threshold, ignored, true);
    if (truth != kUnmatched) taken_[truth] = 1;
    matches_[detection] = truth;
  }
  return matches_;
}

double CellMatcher::iou(std::size_t detection, int truth) const {
  for (std::size_t i = first_pair_[detection]; i < first_pair_[detection + 1]; ++i) {
    if (pairs_[i].truth == truth) return pairs_[i].iou;
  }
  return 0.0;
}

}  // namespace bonescan
