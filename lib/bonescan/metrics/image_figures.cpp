#include "bonescan/metrics/image_figures.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "bonescan/core/box.h"
#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

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

// At IoU 0.5, of a class with ground truth.
double ap50_of_class(const ClassMatches& of_class) {
  std::vector<RankedTruePositive> true_positives;
  RankedTruePositive counts;
  for (const ScoredMatch& match : of_class.matches) {
    if (!match.within_limit || (match.ignored & 1u) != 0) continue;
    counts.counted += 1.0;
    if ((match.true_positive & 1u) == 0) continue;
    counts.true_positives += 1.0;
    true_positives.push_back(counts);
  }
  return average_precision(true_positives, static_cast<double>(of_class.ground_truth));
}

ImageFigures figures_of(const ImageMatches& row) {
  ImageFigures figures{row.image_id, 0, row.image_iou, std::nullopt};
  double ap50 = 0.0, classes = 0.0;
  for (const ClassMatches& of_class : row.classes) {
    if (of_class.ground_truth == 0) continue;
    figures.ground_truth += of_class.ground_truth;
    ap50 += ap50_of_class(of_class);
    classes += 1.0;
  }
  if (classes > 0.0) figures.image_ap50 = ap50 / classes;
  return figures;
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

PerImageSummary image_figures(std::span<const ImageMatches> rows) {
  PerImageSummary summary;
  double iou_sum = 0.0, ap50_sum = 0.0;
  for (const ImageMatches& row : rows) {
    summary.images.push_back(figures_of(row));
    const ImageFigures& image = summary.images.back();
    if (image.ground_truth == 0) {
      ++summary.images_excluded;
      continue;
    }
    ++summary.images_counted;
    iou_sum += *image.image_iou;
    ap50_sum += *image.image_ap50;
    summary.iou_max = std::max(summary.iou_max, image.image_iou);
    summary.ap50_max = std::max(summary.ap50_max, image.image_ap50);
  }
  if (summary.images_counted > 0) {
    summary.iou_mean = iou_sum / static_cast<double>(summary.images_counted);
    summary.ap50_mean = ap50_sum / static_cast<double>(summary.images_counted);
  }
  return summary;
}

}  // namespace bonescan
