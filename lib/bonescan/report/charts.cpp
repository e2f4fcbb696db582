#include "bonescan/report/charts.h"

#include <fmt/format.h>

#include <algorithm>

#include "bonescan/metrics/cells.h"
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
  HistogramSeries true_positives{"true positives", {}}, false_positives{"false positives", {}};
  for (std::size_t i = 0; i < evaluation.set.detections.size(); ++i) {
    const Outcome outcome = evaluation.matching.detections[i].outcome;
    if (outcome == Outcome::kTruePositive) true_positives.values.push_back(evaluation.set.detections[i].score);
    if (outcome == Outcome::kFalsePositive) false_positives.values.push_back(evaluation.set.detections[i].score);
  }
  return {"Scores", histogram({true_positives, false_positives}, "score"),
          "Share of the true and of the false positives by score: the further apart, the better."};
}

// Of images: those with a box of the ground truth against those without, by their highest score.
Chart roc_chart(const DetectionEvaluation& evaluation) {
  std::vector<ChartPoint> points;
  for (const RocPoint& point : evaluation.roc) points.push_back({point.false_positive_rate, point.true_positive_rate});
  return {"ROC of images", line_chart(points, unit_axis("1 - specificity"), unit_axis("sensitivity"), false),
          fmt::format("Images with a fracture against images without, by their highest score; area {:.3f}.",
                      *evaluation.image_level.auc)};
}

Chart iou_chart(const DetectionEvaluation& evaluation) {
  HistogramSeries series{"ground-truth boxes", {}};
  for (const std::optional<double>& iou :
       box_ious(evaluation.set, make_cells(evaluation.set, 0), evaluation.options.score_threshold))
    if (iou) series.values.push_back(*iou);
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
  if (!evaluation.roc.empty()) charts.push_back(roc_chart(evaluation));
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
