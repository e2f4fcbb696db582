#include "bonescan/report/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/temporary_folder.h"
#include "bonescan/dataset/fracatlas.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/model/options_in_force.h"
#include "bonescan/report/detection_report.h"
#include "bonescan/report/evaluation_gates.h"
#include "bonescan/report/ground_truth.h"
#include "bonescan/report/image_folder.h"
#include "bonescan/report/model_run.h"
#include "bonescan/report/read_predictions.h"
#include "bonescan/report/report_json.h"
#include "bonescan/report/segmentation_report.h"
#include "bonescan/scan/box_formats.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

struct ScoreThreshold {
  double value = 0.0;
  std::string source;
};

// Of the detector that runs.
ModelCard read_detector_card(const ModelSelection& models) {
  return read_model_card(model_path(models, ModelTask::kDetection), ModelTask::kDetection,
                         model_options(models, ModelTask::kDetection));
}

// Throws UsageError if the detector finds what the ground truth does not know: after the run it would be too late. One
// class stands for one category, whatever their names are.
void check_classes(const ModelCard& detector, const Dataset& dataset) {
  const std::vector<std::string> classes = box_classes(detector.classes);
  if (have_one_class_each(classes.size(), dataset)) return;
  for (const std::string& name : classes)
    if (std::none_of(dataset.categories.begin(), dataset.categories.end(),
                     [&name](const Category& category) { return category.name == name; }))
      throw UsageError(fmt::format("{} finds \"{}\", which is not a category of {} (it has {})", detector.source, name,
                                   dataset.source, category_names(dataset)));
}

// The operating point: what the user says, else what the card of the detector that runs says, or of the one whose run
// is read, else every detection counts.
ScoreThreshold choose_score_threshold(const EvaluationSettings& settings, const std::optional<ModelCard>& detector,
                                      const OptionalPath& predictions) {
  if (settings.score_threshold) return {*settings.score_threshold, "--score-threshold"};
  if (detector && detector->operating_point.contains("score_threshold")) {
    const SsdOptions options = options_in_force(*detector, DetectionOptions());
    return {options.score_threshold, "operating point of the model card"};
  }
  if (predictions)
    if (const auto score = score_threshold_of_predictions(*predictions))
      return {*score, "operating point of the model that predicted, or its run's threshold if that is higher"};
  return {0.0, "none given: every reported detection counts"};
}

// The boxes that a detector reports for an evaluation: average precision needs the whole curve, whatever the operating
// point is, and the operating point every box that it counts.
double least_score(const ScoreThreshold& threshold) {
  const double whole_curve = SsdOptions().score_threshold;
  return threshold.value > 0.0 ? std::min(threshold.value, whole_curve) : whole_curve;
}

// What a run calls the images of the set: as the set does, but for a name that leaves its folder. Their file names are
// those names then. Throws UsageError if two would have one.
Dataset named_for_run(Dataset dataset) {
  std::unordered_set<std::string> names;
  for (DatasetImage& image : dataset.images) {
    const fs::path name = fs::path(image.file_name).lexically_normal();
    image.file_name = stays_below(name) ? name.string() : name.filename().string();
    if (!names.insert(image.file_name).second)
      throw UsageError(fmt::format("{}: two images are called {}", dataset.source, image.file_name));
  }
  dataset.left_out.clear();
  return dataset;
}

// Why a name stands for no image.
const char* what_is_there(const ImageFolder& images, const std::string& name) {
  return images.has_several(name) ? "several images" : "no image";
}

// Every image of the set must be there to run a model on.
std::vector<NamedImage> images_to_run(const Dataset& dataset, const EvaluationSources& sources) {
  const OptionalPath folder = images_folder(sources);
  if (!folder) throw UsageError("--predictions is missing; name it, or name --images to run a model on them");
  const ImageFolder radiographs(*folder);
  const std::vector<fs::path> paths = find_images(dataset, radiographs);
  std::vector<NamedImage> images;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string& name = dataset.images[i].file_name;
    if (name.empty())
      throw UsageError(
          fmt::format("{}: image {} has no file_name to find it by", dataset.source, dataset.images[i].id));
    if (paths[i].empty())
      throw UsageError(fmt::format("--images {} has {} for {} of {}", folder->string(),
                                   what_is_there(radiographs, name), name, dataset.source));
    images.push_back({paths[i], name});
  }
  return images;
}

Json sources_json(const EvaluationSources& sources) {
  const auto text = [](const auto& value) {
    return value ? Json(name_to_text(fs::path(*value).native())) : Json(nullptr);
  };
  Json json;
  json["fracatlas"] = text(sources.fracatlas);
  json["split"] = text(sources.split);
  json["split_list"] = text(sources.split_list);
  json["negatives"] = text(sources.negatives);
  json["with_negatives"] = sources.with_negatives;
  return json;
}

void leave_out(Dataset& dataset, const std::vector<std::int64_t>& ids) {
  const std::unordered_set<std::int64_t> gone(ids.begin(), ids.end());
  std::vector<std::int64_t> kept;
  for (const DatasetImage& image : dataset.images)
    if (!gone.contains(image.id)) kept.push_back(image.id);
  keep_images(dataset, kept);
}

std::optional<EvaluationOutcome> evaluate_boxes(const EvaluationRequest& request, const Cancellation& cancellation) {
  EvaluationOutcome outcome;
  Dataset dataset = read_ground_truth(request.sources, request.settings.read);
  if (dataset.images.empty()) throw UsageError(fmt::format("{} holds no image to evaluate", dataset.source));
  outcome.images = images_folder(request.sources);
  std::optional<ModelCard> detector;
  if (!request.sources.predictions) detector = read_detector_card(request.models);
  if (has_numbered_categories(dataset))  // or the predictions' images.json need not be read
    name_numbered_categories(
        dataset, detector ? box_classes(detector->classes) : classes_of_predictions(*request.sources.predictions));
  if (detector) check_classes(*detector, dataset);
  const ScoreThreshold threshold = choose_score_threshold(request.settings, detector, request.sources.predictions);

  Predictions predictions;
  Json models;
  if (detector) {
    const TemporaryFolder output;
    const Dataset named = named_for_run(dataset);
    const ModelRun run =
        run_models(request, images_to_run(named, request.sources), least_score(threshold), output.path(), cancellation);
    if (run.interrupted) return std::nullopt;
    outcome.run_images = run.images;
    outcome.failed_images = run.failed;
    models = run.models;
    predictions = read_scan_results(output.path() / kResultsName, named);
    predictions.source = "a run of the models on " + outcome.images->string();
  } else {
    predictions = read_predictions(*request.sources.predictions, dataset);
  }

  if (!detector && predictions.unseen_negatives.size() == dataset.images.size())
    throw UsageError(
        fmt::format("{} tells of no image of {} on which its model did not fail", predictions.source, dataset.source));
  leave_out(dataset, predictions.unseen_negatives);
  const EvaluationSettings& settings = request.settings;
  DetectionEvaluation evaluation = evaluate_detections(std::move(dataset), std::move(predictions),
                                                       {.iou_threshold = settings.iou_threshold,
                                                        .max_detections = settings.max_detections,
                                                        .score_threshold = threshold.value,
                                                        .score_threshold_source = threshold.source,
                                                        .bootstrap = bootstrap_parameters(settings)});
  outcome.report = detection_report(evaluation, report_task(request.task));
  outcome.report["models"] = models;
  outcome.evaluation = std::move(evaluation);
  return outcome;
}

// The images that the masks belong to, under the names of these, for a model to run on.
std::vector<NamedImage> images_of_masks(const MaskFolders& folders, const EvaluationSources& sources) {
  const OptionalPath images = images_folder(sources);
  if (!images) throw UsageError("--predictions is missing; name it, or name --images to run a model on them");
  const ImageFolder radiographs(*images);
  std::vector<NamedImage> named;
  for (const DatasetImage& mask : read_true_masks(folders).images) {
    const auto path = radiographs.find_any_extension(mask.file_name);
    if (!path)
      throw UsageError(fmt::format("--images {} has {} for the mask {}", images->string(),
                                   what_is_there(radiographs, mask.file_name), mask.file_name));
    const std::string extension = is_image_file_name(*path) ? path->extension().string() : std::string();
    named.push_back({*path, mask.file_name + extension});
  }
  return named;
}

OptionalPath split_list_of(const EvaluationSources& sources) {
  if (!sources.split) return sources.split_list;
  if (!sources.fracatlas) throw UsageError("--split needs --fracatlas");
  if (sources.split_list) throw UsageError("--split and --split-list exclude each other here; name one");
  return fracatlas_split_list(*sources.fracatlas, *sources.split);
}

std::optional<EvaluationOutcome> evaluate_segmentation(const EvaluationRequest& request,
                                                       const Cancellation& cancellation) {
  const EvaluationSources& sources = request.sources;
  if (!sources.ground_truth)
    throw UsageError(fmt::format("--ground-truth is missing; name a folder of masks{}",
                                 sources.fracatlas ? " (FracAtlas has none of bones)" : ""));
  EvaluationOutcome outcome;
  outcome.images = images_folder(sources);
  MaskFolders folders{.ground_truth = *sources.ground_truth,
                      .predictions = {},
                      .split_list = split_list_of(sources),
                      .all_may_have_failed = false,
                      .read = request.settings.read};
  Json models;
  if (sources.predictions) {
    folders.predictions = *sources.predictions;
  } else {
    outcome.run_output = std::make_unique<const TemporaryFolder>();
    const fs::path& output = outcome.run_output->path();
    const ModelRun run = run_models(request, images_of_masks(folders, sources), std::nullopt, output, cancellation);
    if (run.interrupted) return std::nullopt;
    outcome.run_images = run.images;
    outcome.failed_images = run.failed;
    models = run.models;
    folders.predictions = output;
    folders.all_may_have_failed = true;
  }
  SegmentationEvaluation evaluation = evaluate_masks(folders, bootstrap_parameters(request.settings));
  outcome.report = segmentation_report(evaluation);
  if (!sources.predictions)
    outcome.report["sources"]["predictions"] = "a run of the model on " + name_to_text(outcome.images->native());
  outcome.report["models"] = models;
  outcome.evaluation = std::move(evaluation);
  return outcome;
}

std::optional<Json> read_baseline(const GateSettings& gates) {
  if (!gates.baseline) return std::nullopt;
  try {
    return read_report(*gates.baseline);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--baseline: {}", error.what()));
  }
}

}  // namespace

std::optional<EvaluationOutcome> evaluate(const EvaluationRequest& request, const Cancellation& cancellation) {
  const std::optional<Json> baseline = read_baseline(request.gates);
  check_gate_settings(request, baseline);

  std::optional<EvaluationOutcome> outcome;
  try {
    outcome = runs_detector(request.task) ? evaluate_boxes(request, cancellation)
                                          : evaluate_segmentation(request, cancellation);
  } catch (const fs::filesystem_error& error) {
    throw UsageError(fmt::format("{} cannot be read: {}", error.path1().string(), error.code().message()));
  }
  if (!outcome || cancellation.requested()) return std::nullopt;
  outcome->read = request.settings.read;
  outcome->report["options"].update(sources_json(request.sources));
  check_gates(*outcome, request, baseline);
  if (cancellation.requested()) return std::nullopt;
  return outcome;
}

}  // namespace bonescan
