#include "bonescan/metrics/image_figures.h"

#include <algorithm>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

// Sums over the cells of one image.
struct ImageSums {
  std::size_t ground_truth = 0;
  double best_iou = 0.0;
  std::size_t classes = 0;  // with ground truth
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

double ap50_of_cell(const EvaluationSet& set, const Cell& cell, CellMatcher& matcher,
                    std::span<const std::uint8_t> ignored, double ground_truth) {
  matcher.load(set, cell, 0.5);
  std::vector<RankedHit> hits;
  RankedHit counts;
  for (const int match : matcher.match(0.5, ignored)) {
    if (match != CellMatcher::unmatched && ignored[match]) continue;
    counts.counted += 1.0;
    if (match == CellMatcher::unmatched) continue;
    counts.hits += 1.0;
    hits.push_back(counts);
  }
  return average_precision(hits, ground_truth);
}

// Both figures of every image of `cells`, by the image's place there. AP takes the first
// `max_detections` of a cell, IoU all of them.
std::vector<ImageSums> sum_by_image(const EvaluationSet& set, const Cells& cells, double score_threshold,
                                    int max_detections) {
  const std::vector<std::vector<Box>> detections = detected_boxes(set, cells, score_threshold);
  std::vector<ImageSums> sums(cells.image_ids.size());
  CellMatcher matcher;
  std::vector<std::uint8_t> ignored;
  for (Cell cell : cells.cells) {
    ImageSums& image = sums[cell.image];
    const std::size_t ground_truth = mark_ignored(set, cell, ignored);
    if (ground_truth == 0) continue;
    for (std::size_t i = 0; i < ignored.size(); ++i) {
      const Box& box = set.ground_truth[cell.ground_truth[i]].box;
      if (!ignored[i]) image.best_iou += best_iou(box, detections[cell.image]);
    }
    const auto limit = static_cast<std::size_t>(max_detections);
    if (max_detections > 0 && cell.detections.size() > limit) cell.detections = cell.detections.first(limit);
    image.ground_truth += ground_truth;
    image.ap50 += ap50_of_cell(set, cell, matcher, ignored, static_cast<double>(ground_truth));
    ++image.classes;
  }
  return sums;
}

}  // namespace

PerImageSummary image_figures(const EvaluationSet& set, double score_threshold, int max_detections) {
  const Cells cells = make_cells(set, 0);
  const std::vector<ImageSums> sums = sum_by_image(set, cells, score_threshold, max_detections);
  PerImageSummary summary;
  double iou_sum = 0.0, ap50_sum = 0.0;
  for (const std::int64_t id : set.image_ids) {
    const auto place = std::lower_bound(cells.image_ids.begin(), cells.image_ids.end(), id) - cells.image_ids.begin();
    const ImageSums& image = sums[static_cast<std::size_t>(place)];
    summary.images.push_back({id, image.ground_truth, std::nullopt, std::nullopt});
    if (image.ground_truth == 0) {
      ++summary.images_excluded;
      continue;
    }
    const double iou = image.best_iou / static_cast<double>(image.ground_truth);
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
