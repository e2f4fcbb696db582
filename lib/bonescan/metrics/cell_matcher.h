// Matches the detections of one cell to its ground truth as COCO does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bonescan/core/box.h"
#include "bonescan/metrics/cells.h"
#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

// IoU as pycocotools computes it: for a crowd region, intersection over the detection's area; 0 where
// boxes do not overlap, also for boxes without area.
double coco_iou(const Box& detection, const GroundTruthBox& truth);

// The ground truth of a cell, told apart by whether it counts.
struct CellTruth {
  std::vector<std::uint8_t> ignored;  // one for each ground truth of the cell: 1 if it counts for nothing, else 0
  std::size_t counted = 0;            // how many of them count
};

// `ignores(truth)` says of a GroundTruthBox whether it counts for nothing.
template <typename Ignores>
CellTruth mark_ignored(const EvaluationSet& set, const Cell& cell, const Ignores& ignores) {
  CellTruth truth;
  truth.ignored.reserve(cell.ground_truth.size());
  for (const std::uint32_t index : cell.ground_truth) {
    const bool ignored = ignores(set.ground_truth[index]);
    truth.ignored.push_back(ignored);
    truth.counted += !ignored;
  }
  return truth;
}

enum class CrowdRegions {
  kIgnore,  // what matches one counts for nothing
  kDrop,    // matching knows none: what lies on one is unmatched
};

// Holds every pair of the cell that may match, so that matching at another threshold costs little.
class CellMatcher {
 public:
  static constexpr int kUnmatched = -1;

  // Pairs below `lowest_threshold` never match.
  void load(const EvaluationSet& set, const Cell& cell, double lowest_threshold,
            CrowdRegions crowd_regions = CrowdRegions::kIgnore);

  // The detections, by their place in Cell::detections, that have any such pair; all others stay unmatched.
  std::span<const std::uint32_t> candidates() const { return candidates_; }

  // For each detection of the cell the position in Cell::ground_truth that it takes, or kUnmatched. `ignored`, one
  // for each ground truth, says which is matched only by what finds no other. `iou_threshold` is at least the
  // `lowest_threshold` of load(). Valid until the next match() or load().
  std::span<const int> match(double iou_threshold, std::span<const std::uint8_t> ignored);

  // The IoU of a pair that matched; `detection` and `truth` are places in the cell.
  double iou(std::size_t detection, int truth) const;

 private:
  struct Pair {
    int truth = 0;
    double iou = 0.0;
  };

  int best_pair(std::size_t detection, double threshold, std::span<const std::uint8_t> ignored,
                bool among_ignored) const;

  std::vector<Pair> pairs_;              // by detection, then ground truth in file order
  std::vector<std::size_t> first_pair_;  // of each detection, and one past the end
  std::vector<std::uint32_t> candidates_;
  std::vector<std::uint8_t> crowd_;
  std::vector<std::uint8_t> taken_;
  std::vector<int> matches_;
};

}  // namespace bonescan
