#include "bonescan/metrics/image_figures.h"

#include <algorithm>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

// The AP50 part: sums over the cells of one image that have ground truth.
struct ImageSums {
  std::size_t ground_truth = 0;
  std::size_t classes = 0;
  double ap50 = 0.0;
};

// The detections of each image at or above the threshold.
std::vector<std::vector<Box>> detected_boxes(const EvaluationSet& set, const Cells& cells, double score_threshold) {
  std::vector<std::vector<Box>> boxes(cells.image_ids.size());
  for (const Cell& cell : cells.cells) {
    for (const std::uint32_t index : cell.detections) {
      const DetectedBox& detection = set.detections[index];
      if (detection.score >= score_threshold) boxes[cell.image].push_back(detection.box);
    }
  }
  return boxes;
}

double best_iou(const Box& truth, std::span<const Box> detections) {
  double best = 0.0;
  for (const Box& detection : detections) {
    if (may_overlap(detection, truth)) best = std::max(best, intersection_over_union(detection, truth));
  }
  return best;
}

double ap50_of_cell(const EvaluationSet& set, const Cell& cell, CellMatcher& matcher, const CellTruth& truth) {
  matcher.load(set, cell, 0.5);
  std::vector<RankedTruePositive> true_positives;
  RankedTruePositive counts;
  for (const int match : matcher.match(0.5, truth.ignored)) {
    if (match != CellMatcher::kUnmatched && truth.ignored[match]) continue;
    counts.counted += 1.0;
    if (match == CellMatcher::kUnmatched) continue;
    counts.true_positives += 1.0;
    true_positives.push_back(counts);
  }
  return average_precision(true_positives, static_cast<double>(truth.counted));
}

// By the image's place in `cells`; AP takes the first `max_detections` of a cell.
std::vector<ImageSums> sum_by_image(const EvaluationSet& set, const Cells& cells, int max_detections) {
  std::vector<ImageSums> sums(cells.image_ids.size());
  CellMatcher matcher;
  for (Cell cell : cells.cells) {
    const CellTruth truth = mark_ignored(set, cell, is_ignored);
    if (truth.counted == 0) continue;
    const auto limit = static_cast<std::size_t>(max_detections);
    if (max_detections > 0 && cell.detections.size() > limit) cell.detections = cell.detections.first(limit);
    ImageSums& image = sums[cell.image];
    image.ground_truth += truth.counted;
    image.ap50 += ap50_of_cell(set, cell, matcher, truth);
    ++image.classes;
  }
  return sums;
}

}  // namespace

std::vector<std::optional<double>> box_ious(const EvaluationSet& set, const Cells& cells, double score_threshold) {
  const std::vector<std::vector<Box>> detections = detected_boxes(set, cells, score_threshold);
  std::vector<std::optional<double>> ious(set.ground_truth.size());
  for (const Cell& cell : cells.cells) {
    for (const std::uint32_t index : cell.ground_truth) {
      const GroundTruthBox& truth = set.ground_truth[index];
      if (!is_ignored(truth)) ious[index] = best_iou(truth.box, detections[cell.image]);
    }
  }
  return ious;
}

std::vector<std::optional<double>> image_ious(const EvaluationSet& set, const Cells& cells, double score_threshold) {
  struct Sum {
    double best_ious = 0.0;
    std::size_t ground_truth = 0;
  };
  const std::vector<std::optional<double>> of_boxes = box_ious(set, cells, score_threshold);
  std::vector<Sum> sums(cells.image_ids.size());
  for (const Cell& cell : cells.cells) {
    for (const std::uint32_t index : cell.ground_truth) {
      if (!of_boxes[index]) continue;
      sums[cell.image].best_ious += *of_boxes[index];
      ++sums[cell.image].ground_truth;
    }
  }
  std::vector<std::optional<double>> ious(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i].ground_truth > 0) ious[i] = sums[i].best_ious / static_cast<double>(sums[i].ground_truth);
  }
  return ious;
}

PerImageSummary image_figures(const EvaluationSet& set, double score_threshold, int max_detections) {
  const Cells cells = make_cells(set, 0);
  const std::vector<ImageSums> sums = sum_by_image(set, cells, max_detections);
  const std::vector<std::optional<double>> ious = image_ious(set, cells, score_threshold);
  PerImageSummary summary;
  double iou_sum = 0.0, ap50_sum = 0.0;
  for (const std::int64_t id : set.image_ids) {
    const auto place = static_cast<std::size_t>(std::lower_bound(cells.image_ids.begin(), cells.image_ids.end(), id) -
                                                cells.image_ids.begin());
    const ImageSums& image = sums[place];
    summary.images.push_back({id, image.ground_truth, std::nullopt, std::nullopt});
    if (image.ground_truth == 0) {
      ++summary.images_excluded;
      continue;
    }
    const double iou = *ious[place];
    const double ap50 = image.ap50 / static_cast<double>(image.classes);
    summary.images.back().image_iou = iou;
    summary.images.back().image_ap50 = ap50;
    ++summary.images_counted;
    iou_sum += iou;
    ap50_sum += ap50;
    summary.iou_max = std::max(summary.iou_max, std::optional(iou));
    summary.ap50_max = std::max(summary.ap50_max, std::optional(ap50));
  }
  if (summary.images_counted > 0) {
    summary.iou_mean = iou_sum / static_cast<double>(summary.images_counted);
    summary.ap50_mean = ap50_sum / static_cast<double>(summary.images_counted);
  }
  return summary;
}

}  // namespace bonescan
