#include "bonescan/report/detection_evaluation.h"

#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bonescan/core/threads.h"

namespace bonescan {
namespace {

EvaluationSet evaluation_set(const Dataset& dataset, const Predictions& predictions) {
  EvaluationSet set;
  for (const DatasetImage& image : dataset.images) set.image_ids.push_back(image.id);
  for (const Category& category : dataset.categories) set.category_ids.push_back(category.id);
  set.ground_truth = dataset.boxes;
  set.detections = predictions.boxes;
  // The boxes of an image lie together, as in most files: every figure walks image by image. File order within
  // an image stays, since it decides ties.
  const auto by_image = [](const auto& a, const auto& b) { return a.image_id < b.image_id; };
  std::stable_sort(set.ground_truth.begin(), set.ground_truth.end(), by_image);
  std::stable_sort(set.detections.begin(), set.detections.end(), by_image);
  return set;
}

EvaluationSet part_of(const EvaluationSet& set, const std::unordered_set<std::int64_t>& image_ids) {
  const auto belongs = [&](const auto& box) { return image_ids.contains(box.image_id); };
  EvaluationSet part;
  part.image_ids.assign(image_ids.begin(), image_ids.end());
  part.category_ids = set.category_ids;
  std::copy_if(set.ground_truth.begin(), set.ground_truth.end(), std::back_inserter(part.ground_truth), belongs);
  std::copy_if(set.detections.begin(), set.detections.end(), std::back_inserter(part.detections), belongs);
  return part;
}

RegionFigures evaluate_region(const std::string& region, const EvaluationSet& part,
                              const DetectionEvaluationOptions& options) {
  RegionFigures figures;
  figures.region = region;
  figures.images = part.image_ids.size();
  figures.ground_truth =
      part.ground_truth.size() -
      static_cast<std::size_t>(std::count_if(part.ground_truth.begin(), part.ground_truth.end(), is_ignored));
  figures.ap50 = evaluate_coco(part, options.max_detections).figures.ap50;
  figures.sensitivity_at_1_fp = froc_sensitivity(froc_curve(part, options.iou_threshold), 1.0);
  figures.operating_point =
      operating_point(rank_outcomes(part, options.iou_threshold, CrowdRegions::kIgnore), options.score_threshold);
  return figures;
}

std::vector<RegionFigures> evaluate_regions(const Dataset& dataset, const EvaluationSet& set,
                                            const DetectionEvaluationOptions& options) {
  std::vector<std::string> regions;
  std::unordered_map<std::string, std::unordered_set<std::int64_t>> images;
  for (const DatasetImage& image : dataset.images) {
    for (const std::string& region : image.regions) {
      if (images[region].empty()) regions.push_back(region);
      images[region].insert(image.id);
    }
  }
  std::sort(regions.begin(), regions.end());
  std::vector<RegionFigures> figures;
  for (const std::string& region : regions)
    figures.push_back(evaluate_region(region, part_of(set, images[region]), options));
  return figures;
}

bool is_found(const DetectionEvaluation& evaluation, std::size_t ground_truth) {
  const auto detection = evaluation.matching.ground_truth[ground_truth];
  return detection && evaluation.set.detections[*detection].score >= evaluation.options.score_threshold;
}

std::vector<SizeFigures> evaluate_sizes(const DetectionEvaluation& evaluation) {
  const CocoFigures& coco = evaluation.coco.figures;
  // COCO's sizes share their ends; a box on one is counted with the smaller size here.
  std::vector<SizeFigures> sizes = {{"small", 0, 0, coco.ap_small, coco.ar_small},
                                    {"medium", 0, 0, coco.ap_medium, coco.ar_medium},
                                    {"large", 0, 0, coco.ap_large, coco.ar_large}};
  for (std::size_t i = 0; i < evaluation.set.ground_truth.size(); ++i) {
    const GroundTruthBox& box = evaluation.set.ground_truth[i];
    if (is_ignored(box)) continue;
    SizeFigures& size = sizes[box.area <= kCocoLargestSmall ? 0 : box.area <= kCocoLargestMedium ? 1 : 2];
    ++size.ground_truth;
    if (is_found(evaluation, i)) ++size.found;
  }
  return sizes;
}

// The figures do not need each other, and each writes members of its own: they are computed side by side.
void compute_figures(const EvaluationSet& set, const DetectionEvaluationOptions& options, DetectionEvaluation& result) {
  const double iou = options.iou_threshold;
  run_on_threads(options.bootstrap.threads, [&] {
    tbb::parallel_invoke(
        [&] { result.coco = evaluate_coco(set, options.max_detections); },
        [&] {
          result.rows = match_per_image(set, options.score_threshold, options.max_detections, iou);
          result.per_image = image_figures(result.rows);
        },
        [&] {
          const RankedOutcomes outcomes = rank_outcomes(set, iou, CrowdRegions::kIgnore);
          result.operating_point = operating_point(outcomes, options.score_threshold);
          result.best_f1 = best_f1_operating_point(outcomes);
        },
        [&] { result.froc = froc_curve(set, iou); }, [&] { result.voc50 = evaluate_voc(set); },
        [&] { result.voc.continuous = evaluate_voc(set, {.iou_threshold = iou}); },
        [&] { result.voc.plus_one_pixel = evaluate_voc(set, {.iou_threshold = iou, .plus_one_pixel = true}); },
        [&] { result.matching = match_detections(set, iou, 0); },
        [&] {
          result.scored_images = score_images(set);
          result.image_level = image_level_figures(result.scored_images, options.score_threshold);
          result.roc = image_level_roc(result.scored_images);
        });
  });
}

}  // namespace

DetectionEvaluation evaluate_detections(Dataset dataset, Predictions predictions,
                                        const DetectionEvaluationOptions& options) {
  DetectionEvaluation result;
  result.options = options;
  result.set = evaluation_set(dataset, predictions);
  const EvaluationSet& set = result.set;
  compute_figures(set, options, result);
  if (options.bootstrap.replicates > 0 && !dataset.images.empty())
    result.intervals = bootstrap_intervals(result.rows, options.bootstrap);
  result.regions = evaluate_regions(dataset, set, options);
  result.sizes = evaluate_sizes(result);
  result.dataset = std::move(dataset);
  result.predictions = std::move(predictions);
  return result;
}

}  // namespace bonescan
