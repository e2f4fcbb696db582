#include "bonescan/report/segmentation_evaluation.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <map>
#include <set>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/threads.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/split_list.h"
#include "bonescan/report/mask_file.h"
#include "bonescan/report/read_predictions.h"
#include "bonescan/report/report_json.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// "a/hand.jpg.png" becomes "a/hand".
std::string mask_key(fs::path path) {
  while (is_image_file_name(path)) path.replace_extension();
  return path.lexically_normal().string();
}

// The masks of a folder as a data set whose file names are the keys.
Dataset masks_of(const fs::path& folder, const std::vector<std::string>& files) {
  Dataset dataset;
  dataset.source = folder.string();
  std::map<std::string, std::string> seen;
  for (const std::string& file : files) {
    const auto [earlier, is_new] = seen.emplace(mask_key(file), file);
    if (!is_new)
      throw UsageError(fmt::format("{}: {} and {} are masks of the same name; one is needed", folder.string(),
                                   earlier->second, file));
    DatasetImage mask;
    mask.id = static_cast<std::int64_t>(dataset.images.size());
    mask.file_name = earlier->first;
    dataset.images.push_back(std::move(mask));
  }
  return dataset;
}

std::vector<std::string> list_masks(const fs::path& folder, const std::string& option) {
  std::vector<std::string> files = list_files(folder, option, is_image_file_name).files;  // of runs of ours, too
  if (files.empty()) throw UsageError(fmt::format("{} {} holds no mask", option, folder.string()));
  return files;
}

// Masks lie in masks/ of an output folder of ours.
fs::path predicted_masks_folder(const fs::path& folder) {
  check_run_is_finished(folder);
  return fs::exists(folder / kResultsName) && fs::is_directory(folder / kMasksFolder) ? folder / kMasksFolder : folder;
}

// What an output folder of ours says that its model failed on, as a data set whose file names are the keys.
Dataset failed_pictures(const fs::path& folder) {
  Dataset failed;
  const fs::path path = folder / kResultsName;
  if (!fs::exists(path)) return failed;
  for_each_scan_record(read_text_file(path), path, [&failed](const ScanRecord& record, const std::string&) {
    if (!record.error) return;
    DatasetImage picture;
    picture.id = static_cast<std::int64_t>(failed.images.size());
    picture.file_name = mask_key(picture_name(record.file, record.frame));
    failed.images.push_back(std::move(picture));
  });
  return failed;
}

MaskFigures evaluate_pair(const MaskPair& pair, const ReadOptions& options) {
  const auto read = [&options](const fs::path& path) {
    try {
      return read_mask(path, options);
    } catch (const ImageError& error) {
      throw UsageError(fmt::format("the mask {}: {}", path.string(), error.what()));
    }
  };
  const Mask ground_truth = read(pair.ground_truth);
  const Mask prediction = read(pair.prediction);
  if (ground_truth.width != prediction.width || ground_truth.height != prediction.height)
    throw UsageError(fmt::format("the masks {} ({} x {}) and {} ({} x {}) must have the same size",
                                 pair.ground_truth.string(), ground_truth.width, ground_truth.height,
                                 pair.prediction.string(), prediction.width, prediction.height));
  return mask_figures(ground_truth.view(), prediction.view());
}

template <typename Member>
std::vector<std::optional<double>> column(const std::vector<MaskFigures>& figures, Member member) {
  std::vector<std::optional<double>> values;
  for (const MaskFigures& image : figures) values.push_back(image.*member);
  return values;
}

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

// Of the files of the folder; ids are positions in `files`.
Dataset true_masks(const MaskFolders& folders, const std::vector<std::string>& files) {
  Dataset truth = masks_of(folders.ground_truth, files);
  if (folders.split_list)
    keep_listed_images(truth, read_split_list(*folders.split_list), folders.split_list->string(), UnknownNames::kNoted);
  return truth;
}

}  // namespace

Dataset read_true_masks(const MaskFolders& folders) {
  return true_masks(folders, list_masks(folders.ground_truth, "--ground-truth"));
}

MaskPairs pair_masks(const MaskFolders& folders) {
  const fs::path predictions_folder = predicted_masks_folder(folders.predictions);
  const ImageIndex failed(failed_pictures(folders.predictions));
  const std::vector<std::string> truth_files = list_masks(folders.ground_truth, "--ground-truth");
  const bool is_empty = folders.predictions_may_lack && !fs::exists(predictions_folder);
  const std::vector<std::string> predicted_files =
      is_empty ? std::vector<std::string>() : list_masks(predictions_folder, "--predictions");
  const Dataset truth = true_masks(folders, truth_files);
  const ImageIndex predicted(masks_of(predictions_folder, predicted_files));

  MaskPairs result;
  std::set<std::int64_t> used;
  std::size_t lacking = 0;
  for (const DatasetImage& mask : truth.images) {
    const std::string& file = truth_files[static_cast<std::size_t>(mask.id)];
    const auto match = predicted.find(mask.file_name);
    if (!match && (folders.predictions_may_lack || failed.find(mask.file_name))) {
      ++lacking;
      continue;
    }
    if (!match)
      throw UsageError(fmt::format("--predictions {} has no mask (or several) for {} of --ground-truth {}",
                                   predictions_folder.string(), file, folders.ground_truth.string()));
    const std::string& predicted_file = predicted_files[static_cast<std::size_t>(match->id)];
    if (!used.insert(match->id).second)
      throw UsageError(fmt::format("{} stands for several masks of --ground-truth {}", predicted_file,
                                   folders.ground_truth.string()));
    result.pairs.push_back({file, folders.ground_truth / file, predictions_folder / predicted_file});
  }
  if (result.pairs.empty() && !folders.predictions_may_lack)
    throw UsageError(fmt::format("--predictions {} has no mask for any of --ground-truth {}",
                                 predictions_folder.string(), folders.ground_truth.string()));
  result.notes = truth.notes;
  if (lacking > 0)
    result.notes.push_back(
        fmt::format("The model failed on the radiographs of {}, left out.", counted(lacking, "mask", "masks")));
  if (const std::size_t unused = predicted_files.size() - used.size(); unused > 0)
    result.notes.push_back(
        fmt::format("{} without ground truth here, left out.", counted(unused, "predicted mask", "predicted masks")));
  return result;
}

SegmentationEvaluation evaluate_masks(const MaskFolders& folders, const BootstrapParameters& bootstrap, int threads) {
  SegmentationEvaluation result;
  result.folders = folders;
  result.bootstrap = bootstrap;
  result.masks = pair_masks(folders);
  result.figures.resize(result.masks.pairs.size());
  run_on_threads(threads, [&] {
    tbb::parallel_for(std::size_t{0}, result.figures.size(),
                      [&](std::size_t i) { result.figures[i] = evaluate_pair(result.masks.pairs[i], folders.read); });
  });
  result.summary = summarize_masks(result.figures);
  if (bootstrap.replicates > 0) {
    result.iou_interval = bootstrap_mean(column(result.figures, &MaskFigures::iou), bootstrap);
    result.dice_interval = bootstrap_mean(column(result.figures, &MaskFigures::dice), bootstrap);
  }
  return result;
}

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
