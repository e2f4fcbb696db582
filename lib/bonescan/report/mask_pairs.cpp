#include "bonescan/report/mask_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/dataset/split_list.h"
#include "bonescan/report/read_predictions.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// "a/hand.jpg.png" becomes "a/hand".
std::string mask_key(fs::path path) {
  while (is_image_file_name(path)) path.replace_extension();
  return path.lexically_normal().string();
}

std::vector<std::string> list_true_masks(const fs::path& folder) {
  std::vector<std::string> files = list_files_of_others(folder, "--ground-truth", is_image_file_name);
  if (files.empty())
    throw UsageError(
        fmt::format("--ground-truth {} holds no mask, or only what runs of bonescan predicted", folder.string()));
  return files;
}

// Masks lie in masks/ of an output folder of ours.
fs::path predicted_masks_folder(const MaskFolders& folders) {
  const fs::path& folder = folders.predictions;
  check_is_whole_run(folder);
  if (!fs::exists(folder / kResultsName)) return folder;
  if (!fs::is_directory(folder / kMasksFolder) && !folders.all_may_have_failed)
    throw UsageError(
        fmt::format("--predictions {} holds a run without masks; segment and pipeline write them", folder.string()));
  return folder / kMasksFolder;
}

std::vector<std::string> list_predicted_masks(const fs::path& folder, bool may_be_none) {
  if (may_be_none && !fs::exists(folder)) return {};
  std::vector<std::string> files = list_files(folder, "--predictions", is_image_file_name).files;
  if (files.empty() && !may_be_none) throw UsageError(fmt::format("--predictions {} holds no mask", folder.string()));
  return files;
}

// The keys of what an output folder of ours says that its model failed on.
std::vector<std::string> failed_pictures(const fs::path& folder) {
  std::vector<std::string> failed;
  const fs::path path = folder / kResultsName;
  if (!fs::exists(path)) return failed;
  for_each_scan_record(read_text_file(path), path, [&failed](const ScanRecord& record, const std::string&) {
    if (record.error) failed.push_back(mask_key(picture_name(record)));
  });
  return failed;
}

// The file names are the keys of `files`, the ids their positions.
Dataset true_masks(const MaskFolders& folders, const std::vector<std::string>& files) {
  Dataset truth;
  truth.source = folders.ground_truth.string();
  std::map<std::string, std::string> seen;
  for (const std::string& file : files) {
    const auto [earlier, is_new] = seen.emplace(mask_key(file), file);
    if (!is_new)
      throw UsageError(
          fmt::format("{}: {} and {} are masks of the same name; one is needed", truth.source, earlier->second, file));
    DatasetImage mask;
    mask.id = static_cast<std::int64_t>(truth.images.size());
    mask.file_name = earlier->first;
    truth.images.push_back(std::move(mask));
  }
  if (folders.split_list)
    keep_listed_images(truth, read_split_list(*folders.split_list), folders.split_list->string(), UnknownNames::kNoted);
  return truth;
}

std::size_t count_missing(const Dataset& truth, const ImageIndex& predicted) {
  return static_cast<std::size_t>(
      std::count_if(truth.images.begin(), truth.images.end(),
                    [&predicted](const DatasetImage& mask) { return !predicted.find(mask.file_name); }));
}

}  // namespace

Dataset read_true_masks(const MaskFolders& folders) {
  return true_masks(folders, list_true_masks(folders.ground_truth));
}

MaskPairs pair_masks(const MaskFolders& folders) {
  const fs::path predictions_folder = predicted_masks_folder(folders);
  const std::vector<std::string> truth_files = list_true_masks(folders.ground_truth);
  const std::vector<std::string> predicted_files =
      list_predicted_masks(predictions_folder, folders.all_may_have_failed);
  const Dataset truth = true_masks(folders, truth_files);
  // The masks, then the pictures that failed: a base name may be theirs.
  std::vector<std::string> predicted_keys;
  for (const std::string& file : predicted_files) predicted_keys.push_back(mask_key(file));
  for (std::string& key : failed_pictures(folders.predictions)) predicted_keys.push_back(std::move(key));
  const ImageIndex predicted(predicted_keys);

  MaskPairs result;
  std::set<std::int64_t> used;
  std::size_t failed = 0;
  for (const DatasetImage& mask : truth.images) {
    const std::string& file = truth_files[static_cast<std::size_t>(mask.id)];
    const auto match = predicted.find(mask.file_name);
    if (!match && predicted.has_several(mask.file_name))
      throw UsageError(fmt::format("--predictions {} has several masks for {} of --ground-truth {}",
                                   predictions_folder.string(), file, folders.ground_truth.string()));
    if (!match)
      throw UsageError(
          fmt::format("--predictions {} has no mask for {} of --ground-truth {} (missing: {} of {}); --split-list "
                      "says which to compare",
                      predictions_folder.string(), file, folders.ground_truth.string(), count_missing(truth, predicted),
                      counted(truth.images.size(), "mask", "masks")));
    const auto place = static_cast<std::size_t>(match->id);
    if (place >= predicted_files.size()) {
      ++failed;
      continue;
    }
    const std::string& predicted_file = predicted_files[place];
    if (!used.insert(match->id).second)
      throw UsageError(fmt::format("{} stands for several masks of --ground-truth {}", predicted_file,
                                   folders.ground_truth.string()));
    result.pairs.push_back({file, mask.file_name, folders.ground_truth / file, predictions_folder / predicted_file});
  }
  if (result.pairs.empty() && !folders.all_may_have_failed)
    throw UsageError(fmt::format("--predictions {} has no mask for any of --ground-truth {}",
                                 predictions_folder.string(), folders.ground_truth.string()));
  result.notes = truth.notes;
  if (failed > 0)
    result.notes.push_back(
        fmt::format("The model failed on the radiographs of {}, left out.", counted(failed, "mask", "masks")));
  if (const std::size_t unused = predicted_files.size() - used.size(); unused > 0)
    result.notes.push_back(
        fmt::format("{} without ground truth here, left out.", counted(unused, "predicted mask", "predicted masks")));
  return result;
}

}  // namespace bonescan
