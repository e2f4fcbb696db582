#include "bonescan/report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "bonescan/metrics/precision_recall.h"
#include "bonescan/report/svg_chart.h"

namespace bonescan {
namespace {

// Mean over classes of the interpolated precision: its area is AP50.
Chart precision_recall_chart(const DetectionEvaluation& evaluation) {
  const auto recalls = coco_recalls();
  std::vector<ChartPoint> points;
  for (std::size_t i = 0; i < recalls.size(); ++i) {
    double sum = 0.0;
    std::size_t classes = 0;
    for (const CocoClass& of_class : evaluation.coco.classes) {
      if (of_class.precision_at_recalls.empty()) continue;
      sum += of_class.precision_at_recalls[i];
      ++classes;
    }
    points.push_back({recalls[i], sum / static_cast<double>(std::max<std::size_t>(classes, 1))});
  }
  return {"Precision and recall", line_chart(points, unit_axis("recall"), unit_axis("precision"), false),
          "Interpolated precision at 101 recalls, IoU 0.5, mean over classes; its mean is AP50."};
}

Chart froc_chart(const DetectionEvaluation& evaluation) {
  const std::vector<double> rates = froc_rates();
  ChartAxis x{"false positives per image", rates.front(), rates.back(), true, {}};
  for (const double rate : rates)
    x.ticks.push_back({rate, rate < 1.0 ? fmt::format("1/{:g}", 1.0 / rate) : fmt::format("{:g}", rate)});
  std::vector<ChartPoint> points = {{x.from, froc_sensitivity(evaluation.froc, x.from).value_or(0.0)}};
  for (const FrocPoint& point : evaluation.froc)
    if (point.false_positives_per_image > x.from && point.false_positives_per_image <= x.to)
      points.push_back({point.false_positives_per_image, point.sensitivity});
  return {"FROC", line_chart(points, x, unit_axis("sensitivity"), true),
          fmt::format("Sensitivity over false positives per image (step function), IoU {:g}, all images.",
                      evaluation.options.iou_threshold)};
}

Chart score_chart(const DetectionEvaluation& evaluation) {
  HistogramSeries hits{"hits", {}}, false_alarms{"false alarms", {}};
  for (std::size_t i = 0; i < evaluation.set.detections.size(); ++i) {
    const Outcome outcome = evaluation.matching.detections[i].outcome;
    if (outcome == Outcome::kTruePositive) hits.values.push_back(evaluation.set.detections[i].score);
    if (outcome == Outcome::kFalsePositive) false_alarms.values.push_back(evaluation.set.detections[i].score);
  }
  return {"Scores", histogram({hits, false_alarms}, "score"),
          "Share of the hits and of the false alarms by score: the further apart, the better."};
}

Chart iou_chart(const DetectionEvaluation& evaluation) {
  std::unordered_map<std::int64_t, std::vector<const DetectedBox*>> detections;
  for (const DetectedBox& box : evaluation.set.detections)
    if (box.score >= evaluation.options.score_threshold) detections[box.image_id].push_back(&box);
  HistogramSeries series{"ground-truth boxes", {}};
  for (const GroundTruthBox& truth : evaluation.set.ground_truth) {
    if (is_ignored(truth)) continue;
    double best = 0.0;
    for (const DetectedBox* box : detections[truth.image_id])
      if (box->category_id == truth.category_id) best = std::max(best, intersection_over_union(truth.box, box->box));
    series.values.push_back(best);
  }
  return {"IoU", histogram({series}, "best IoU with a detection"),
          fmt::format("Best IoU of each ground-truth box with a detection at or above the score threshold {:g}.",
                      evaluation.options.score_threshold)};
}

HistogramSeries defined_values(const std::string& name, const SegmentationEvaluation& evaluation,
                               std::optional<double> MaskFigures::*member) {
  HistogramSeries series{name, {}};
  for (const MaskFigures& figures : evaluation.figures)
    if (const auto& value = figures.*member) series.values.push_back(*value);
  return series;
}

}  // namespace

std::vector<Chart> charts_of(const DetectionEvaluation& evaluation) {
  std::vector<Chart> charts;
  if (evaluation.coco.figures.ap50) charts.push_back(precision_recall_chart(evaluation));
  if (!evaluation.froc.empty()) charts.push_back(froc_chart(evaluation));
  if (!evaluation.set.detections.empty()) charts.push_back(score_chart(evaluation));
  if (!evaluation.set.ground_truth.empty()) charts.push_back(iou_chart(evaluation));
  return charts;
}

std::vector<Chart> charts_of(const SegmentationEvaluation& evaluation) {
  const HistogramSeries iou = defined_values("IoU", evaluation, &MaskFigures::iou);
  const HistogramSeries dice = defined_values("Dice", evaluation, &MaskFigures::dice);
  if (iou.values.empty()) return {};
  return {{"IoU and Dice of the images", histogram({iou, dice}, "IoU, Dice"), "Share of the images."}};
}

}  // namespace bonescan
