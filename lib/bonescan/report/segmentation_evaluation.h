// The figures of bone masks against masks drawn by people.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bonescan/metrics/bootstrap.h"
#include "bonescan/metrics/intervals.h"
#include "bonescan/metrics/mask_metrics.h"
#include "bonescan/report/mask_pairs.h"

namespace bonescan {

struct SegmentationEvaluation {
  MaskFolders folders;
  MaskPairs masks;
  std::vector<MaskFigures> figures;  // one per pair
  MaskSummary summary;
  BootstrapParameters bootstrap;
  std::optional<Interval> iou_interval;
  std::optional<Interval> dice_interval;
};

// Reads every pair, on `bootstrap.threads` threads, and computes the figures of mask_metrics.h. Foreground is any value
// but 0; in a grey mask with more than two values that go beyond 127 it is the upper half of the range. Throws
// UsageError that names both files if their sizes differ, or the file that cannot be read.
SegmentationEvaluation evaluate_masks(const MaskFolders& folders, const BootstrapParameters& bootstrap);

// One figure of every pair, in their order.
std::vector<std::optional<double>> column(std::span<const MaskFigures> figures,
                                          std::optional<double> MaskFigures::*figure);

}  // namespace bonescan
