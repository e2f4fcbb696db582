#include "bonescan/report/detection_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "bonescan/core/file_name.h"
#include "bonescan/report/matches_json.h"
#include "bonescan/report/report_json.h"

namespace bonescan {
namespace {

Json coco_json(const CocoFigures& figures) {
  Json json;
  for (const auto& [name, figure] : kNamedCocoFigures) json[name] = json_number(figures.*figure);
  return json;
}

Json voc_json(const DetectionEvaluation& evaluation) {
  Json json;
  json["ap50_11point"] = json_number(evaluation.voc50.ap_11_point);
  json["ap50_all_points"] = json_number(evaluation.voc50.ap_all_points);
  return json;
}

// The figures that take --iou-threshold.
Json at_iou_threshold_json(const DetectionEvaluation& evaluation) {
  Json json;
  json["iou_threshold"] = evaluation.options.iou_threshold;
  json["voc_11point"] = json_number(evaluation.voc.continuous.ap_11_point);
  json["voc_all_points"] = json_number(evaluation.voc.continuous.ap_all_points);
  json["voc_11point_plus_one_pixel"] = json_number(evaluation.voc.plus_one_pixel.ap_11_point);
  json["voc_all_points_plus_one_pixel"] = json_number(evaluation.voc.plus_one_pixel.ap_all_points);
  return json;
}

Json per_image_json(const DetectionEvaluation& evaluation) {
  const PerImageSummary& summary = evaluation.per_image;
  Json json;
  json["images"] = summary.images_counted;
  json["images_excluded"] = summary.images_excluded;
  json["iou_mean"] = json_number(summary.iou_mean);
  json["iou_max"] = json_number(summary.iou_max);
  json["ap50_mean"] = json_number(summary.ap50_mean);
  json["ap50_max"] = json_number(summary.ap50_max);
  json["definition"] = fmt::format(
      "Over the {} images with at least one ground-truth box; the {} without are excluded. Image IoU: mean over the "
      "image's ground-truth boxes of the best IoU with any detection at or above the score threshold {:g}, 0 if there "
      "is none. Image AP50: COCO 101-point AP at IoU 0.5 of that image alone.",
      summary.images_counted, summary.images_excluded, evaluation.options.score_threshold);
  return json;
}

Json operating_point_json(const OperatingPoint& point) {
  Json json;
  json["score_threshold"] = point.score_threshold;
  json["precision"] = json_number(point.precision);
  json["recall"] = json_number(point.recall);
  json["f1"] = json_number(point.f1);
  json["true_positives"] = point.true_positives;
  json["false_positives"] = point.false_positives;
  json["false_negatives"] = point.false_negatives;
  return json;
}

// Without a true positive at any threshold "f1" is 0 and the rest null; without ground truth "f1" is null, too.
Json best_f1_json(const DetectionEvaluation& evaluation) {
  if (evaluation.best_f1) return operating_point_json(*evaluation.best_f1);
  Json json = operating_point_json({});
  for (Json& member : json) member = nullptr;
  if (evaluation.operating_point.recall) json["f1"] = 0.0;
  return json;
}

Json froc_json(const DetectionEvaluation& evaluation) {
  Json json = Json::array();
  for (const double rate : froc_rates())
    json.push_back(
        {{"false_positives_per_image", rate}, {"sensitivity", json_number(froc_sensitivity(evaluation.froc, rate))}});
  return json;
}

Json froc_summary_json(const DetectionEvaluation& evaluation) {
  Json json;
  json["mean_sensitivity"] = json_number(froc_mean_sensitivity(evaluation.froc));
  json["sensitivity_at_1_fp"] = json_number(froc_sensitivity(evaluation.froc, 1.0));
  json["definition"] =
      "Step function: the highest sensitivity at or below that many false positives per image; all images count. "
      "MONAI interpolates between the points of the curve instead.";
  return json;
}

Json image_level_json(const ImageLevelFigures& figures) {
  Json json;
  json["score_threshold"] = figures.score_threshold;
  json["positives"] = figures.true_positives + figures.false_negatives;
  json["negatives"] = figures.true_negatives + figures.false_positives;
  json["auc"] = json_number(figures.auc);
  json["sensitivity"] = json_number(figures.sensitivity);
  json["specificity"] = json_number(figures.specificity);
  json["true_positives"] = figures.true_positives;
  json["false_negatives"] = figures.false_negatives;
  json["false_positives"] = figures.false_positives;
  json["true_negatives"] = figures.true_negatives;
  return json;
}

// Each interval has the name that its figure has in its own group.
Json intervals_json(const DetectionEvaluation& evaluation) {
  const ResampledIntervals& intervals = evaluation.intervals;
  Json json;
  json["ap50"] = interval_json(intervals.ap50);
  json["ap"] = interval_json(intervals.ap);
  json["iou_mean"] = interval_json(intervals.image_iou);
  json["sensitivity_at_1_fp"] = interval_json(intervals.sensitivity_at_1_fp);
  json["sensitivity"] = interval_json(evaluation.image_level.sensitivity_interval);
  json["specificity"] = interval_json(evaluation.image_level.specificity_interval);
  return json;
}

Json classes_json(const DetectionEvaluation& evaluation) {
  Json json = Json::array();
  for (std::size_t i = 0; i < evaluation.coco.classes.size(); ++i) {
    const CocoClass& of_class = evaluation.coco.classes[i];
    const VocClass& voc = evaluation.voc50.classes[i];
    Json row;
    row["id"] = of_class.category_id;
    row["name"] = evaluation.dataset.categories[i].name;
    row["ground_truth"] = of_class.ground_truth;
    row.update(coco_json(of_class.figures));
    row["voc_ap50_11point"] = json_number(voc.ap_11_point);
    row["voc_ap50_all_points"] = json_number(voc.ap_all_points);
    json.push_back(std::move(row));
  }
  return json;
}

Json regions_json(const std::vector<RegionFigures>& regions) {
  Json json = Json::array();
  for (const RegionFigures& region : regions) {
    Json row;
    row["region"] = region.region;
    row["images"] = region.images;
    row["ground_truth"] = region.ground_truth;
    row["ap50"] = json_number(region.ap50);
    row["sensitivity_at_1_fp"] = json_number(region.sensitivity_at_1_fp);
    row["precision"] = json_number(region.operating_point.precision);
    row["recall"] = json_number(region.operating_point.recall);
    json.push_back(std::move(row));
  }
  return json;
}

Json sizes_json(const std::vector<SizeFigures>& sizes) {
  Json json = Json::array();
  for (const SizeFigures& size : sizes) {
    Json row;
    row["size"] = size.size;
    row["ground_truth"] = size.ground_truth;
    row["found"] = size.found;
    row["ap"] = json_number(size.ap);
    row["ar"] = json_number(size.ar);
    json.push_back(std::move(row));
  }
  return json;
}

// What an image's row says of its detections at the operating point.
struct ImageCounts {
  std::size_t detections = 0;
  std::size_t true_positives = 0;
  std::size_t false_positives = 0;
  std::size_t false_negatives = 0;
};

std::unordered_map<std::int64_t, ImageCounts> count_per_image(const DetectionEvaluation& evaluation) {
  std::unordered_map<std::int64_t, ImageCounts> counts;
  const double threshold = evaluation.options.score_threshold;
  const auto& detections = evaluation.set.detections;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    ImageCounts& image = counts[detections[i].image_id];
    ++image.detections;
    if (detections[i].score < threshold) continue;
    const Outcome outcome = evaluation.matching.detections[i].outcome;
    if (outcome == Outcome::kTruePositive) ++image.true_positives;
    if (outcome == Outcome::kFalsePositive) ++image.false_positives;
  }
  for (const ImageFigures& image : evaluation.per_image.images)
    counts[image.image_id].false_negatives = image.ground_truth - counts[image.image_id].true_positives;
  return counts;
}

Json images_json(const DetectionEvaluation& evaluation) {
  const auto counts = count_per_image(evaluation);
  Json json = Json::array();
  for (std::size_t i = 0; i < evaluation.dataset.images.size(); ++i) {
    const DatasetImage& image = evaluation.dataset.images[i];
    const ImageFigures& figures = evaluation.per_image.images[i];
    const ImageCounts& count = counts.at(image.id);
    Json row;
    row["image_id"] = image.id;
    row["file"] = name_to_text(image.file_name);
    if (!image.regions.empty()) row["regions"] = image.regions;
    row["ground_truth"] = figures.ground_truth;
    row["detections"] = count.detections;
    row["score"] = json_number(evaluation.scored_images[i].score);
    row["true_positives"] = count.true_positives;
    row["false_positives"] = count.false_positives;
    row["false_negatives"] = count.false_negatives;
    row["image_iou"] = json_number(figures.image_iou);
    row["image_ap50"] = json_number(figures.image_ap50);
    row["matches"] = matches_json(evaluation.rows[i].classes);
    json.push_back(std::move(row));
  }
  return json;
}

Json options_json(const DetectionEvaluationOptions& options) {
  Json json;
  json["iou_threshold"] = options.iou_threshold;
  json["max_detections"] = options.max_detections;
  json["score_threshold"] = options.score_threshold;
  json["score_threshold_source"] = options.score_threshold_source;
  json["bootstrap"] = options.bootstrap.replicates;
  json["seed"] = options.bootstrap.seed;
  return json;
}

Json notes_json(const DetectionEvaluation& evaluation) {
  Json notes = Json::array();
  for (const auto* sentences : {&evaluation.dataset.notes, &evaluation.predictions.notes})
    for (const std::string& sentence : *sentences) notes.push_back(name_to_text(sentence));
  const ImageLevelFigures& level = evaluation.image_level;
  if (evaluation.set.ground_truth.empty())
    notes.push_back("The ground truth holds no box: average precision, recall and FROC are undefined.");
  if (level.true_positives + level.false_negatives == 0)
    notes.push_back("No image has a ground-truth box: image-level AUC and sensitivity are undefined.");
  if (level.true_negatives + level.false_positives == 0)
    notes.push_back(
        "No image is without ground-truth boxes: image-level AUC and specificity are undefined, and the FROC counts "
        "false positives on images with fractures only. Add images without boxes (--negatives, --with-negatives).");
  if (evaluation.options.bootstrap.replicates == 0)
    notes.push_back("No bootstrap was asked for (--bootstrap 0): the intervals that come from it are null.");
  return notes;
}

}  // namespace

Json detection_report(const DetectionEvaluation& evaluation, const std::string& task) {
  Json report;
  report["schema"] = kReportSchema;
  report["task"] = task;
  report["images"] = evaluation.dataset.images.size();
  report["ground_truth"] = evaluation.dataset.boxes.size();
  report["predictions"] = evaluation.predictions.boxes.size();
  report["sources"] = {{"ground_truth", name_to_text(evaluation.dataset.source)},
                       {"predictions", name_to_text(evaluation.predictions.source)}};
  report["metrics"] = coco_json(evaluation.coco.figures);
  report["voc"] = voc_json(evaluation);
  report["at_iou_threshold"] = at_iou_threshold_json(evaluation);
  report["per_image"] = per_image_json(evaluation);
  report["operating_point"] = operating_point_json(evaluation.operating_point);
  report["best_f1"] = best_f1_json(evaluation);
  report["froc"] = froc_json(evaluation);
  report["froc_summary"] = froc_summary_json(evaluation);
  report["image_level"] = image_level_json(evaluation.image_level);
  report["confidence_intervals"] = intervals_json(evaluation);
  report["classes"] = classes_json(evaluation);
  report["sizes"] = sizes_json(evaluation.sizes);
  report["regions"] = regions_json(evaluation.regions);
  report["images_detail"] = images_json(evaluation);
  report["models"] = nullptr;
  report["options"] = options_json(evaluation.options);
  report["notes"] = notes_json(evaluation);
  return report;
}

}  // namespace bonescan
