#include "bonescan/report/segmentation_report.h"

#include <fmt/format.h>

#include "bonescan/core/counted.h"
#include "bonescan/core/file_name.h"
#include "bonescan/report/report_json.h"

namespace bonescan {
namespace {

Json metrics_json(const MaskSummary& summary) {
  Json json;
  json["iou_mean"] = json_number(summary.iou_mean);
  json["iou_max"] = json_number(summary.iou_max);
  json["dice_mean"] = json_number(summary.dice_mean);
  json["dice_max"] = json_number(summary.dice_max);
  json["pixel_accuracy"] = json_number(summary.pixel_accuracy);
  json["iou_global"] = json_number(summary.iou_global);
  json["dice_global"] = json_number(summary.dice_global);
  json["boundary_f_mean"] = json_number(summary.boundary_f_mean);
  return json;
}

Json images_json(const SegmentationEvaluation& evaluation) {
  Json json = Json::array();
  for (std::size_t i = 0; i < evaluation.figures.size(); ++i) {
    const MaskFigures& figures = evaluation.figures[i];
    Json row;
    row["file"] = name_to_text(evaluation.masks.pairs[i].name);
    row["iou"] = json_number(figures.iou);
    row["dice"] = json_number(figures.dice);
    row["pixel_accuracy"] = json_number(figures.accuracy);
    row["boundary_f"] = json_number(figures.boundary_f);
    row["true_positives"] = figures.counts.true_positives;
    row["false_positives"] = figures.counts.false_positives;
    row["false_negatives"] = figures.counts.false_negatives;
    row["true_negatives"] = figures.counts.true_negatives;
    json.push_back(std::move(row));
  }
  return json;
}

Json notes_json(const SegmentationEvaluation& evaluation) {
  Json notes = Json::array();
  for (const std::string& sentence : evaluation.masks.notes) notes.push_back(name_to_text(sentence));
  if (evaluation.summary.both_empty > 0)
    notes.push_back(fmt::format("In {} both masks are empty: IoU and Dice are undefined there and leave the means.",
                                counted(evaluation.summary.both_empty, "image", "images")));
  return notes;
}

}  // namespace

Json segmentation_report(const SegmentationEvaluation& evaluation) {
  Json report;
  report["schema"] = kReportSchema;
  report["task"] = "segmentation";
  report["images"] = evaluation.figures.size();
  report["ground_truth"] = evaluation.masks.pairs.size();
  report["predictions"] = evaluation.masks.pairs.size();
  report["sources"] = {{"ground_truth", name_to_text(evaluation.folders.ground_truth.native())},
                       {"predictions", name_to_text(evaluation.folders.predictions.native())}};
  report["metrics"] = metrics_json(evaluation.summary);
  report["both_empty"] = evaluation.summary.both_empty;
  report["definitions"] = {
      {"iou", "TP / (TP + FP + FN) of one image; iou_mean and iou_max over the images where it is defined"},
      {"iou_global", "the same of the pixels of all images together"},
      {"dice", "2 TP / (2 TP + FP + FN)"},
      {"pixel_accuracy", "(TP + TN) / pixels, mean over images"},
      {"boundary_f", "F-score of boundary pixels matched within 2 px (Csurka, Larlus & Perronnin, BMVC 2013)"}};
  report["confidence_intervals"] = {{"iou_mean", interval_json(evaluation.iou_interval)},
                                    {"dice_mean", interval_json(evaluation.dice_interval)}};
  report["images_detail"] = images_json(evaluation);
  report["models"] = nullptr;
  report["options"] = {{"bootstrap", evaluation.bootstrap.replicates}, {"seed", evaluation.bootstrap.seed}};
  report["notes"] = notes_json(evaluation);
  return report;
}

}  // namespace bonescan
