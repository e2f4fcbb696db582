#include "bonescan/dataset/negatives.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/dataset/image_files.h"

namespace bonescan {

namespace fs = std::filesystem;

void add_negatives(Dataset& dataset, const fs::path& folder) {
  std::unordered_set<std::string> known;
  std::unordered_map<std::string, std::int64_t> left_out;  // ids of images that may join the set again
  for (const DatasetImage& image : dataset.images) known.insert(base_name(image));
  for (const DatasetImage& image : dataset.left_out) {
    if (image.is_positive) known.insert(base_name(image));
    left_out.emplace(base_name(image), image.id);
  }

  std::vector<std::string> negatives;
  std::vector<std::int64_t> taken_back;
  std::unordered_map<std::int64_t, fs::path> paths;  // of these
  std::size_t truncated = 0, repeated = 0;
  const FolderSurvey survey = survey_folder(folder, "--negatives");
  for (const std::string& file : survey.images) {
    const std::string name = fs::path(file).filename().string();
    if (known.contains(name)) {
      ++repeated;
    } else if (!has_complete_jpeg_stream(folder / file)) {
      ++truncated;
    } else if (const auto found = left_out.find(name); found != left_out.end()) {
      taken_back.push_back(found->second);
      paths[found->second] = folder / file;
      known.insert(name);
    } else {
      negatives.push_back(file);
    }
  }
  const std::size_t added = taken_back.size() + negatives.size();
  if (added == 0)
    throw UsageError(
        fmt::format("--negatives {} holds no image that could be added: {} truncated or unreadable, {} in the ground "
                    "truth already or left out of it with boxes",
                    folder.string(), truncated, repeated));
  take_back_images(dataset, taken_back);
  for (DatasetImage& image : dataset.images)
    if (const auto path = paths.find(image.id); path != paths.end()) image.path = path->second;
  add_images_without_boxes(dataset, negatives, folder);
  dataset.notes.push_back(
      fmt::format("{} from {}.", counted(added, "image without boxes", "images without boxes"), folder.string()));
  if (truncated > 0)
    dataset.notes.push_back(fmt::format(
        "{} in {} not used.", counted(truncated, "truncated or unreadable file", "truncated or unreadable files"),
        folder.string()));
  for (const std::string& run : survey.earlier_runs)
    dataset.notes.push_back(fmt::format("What the run in {} wrote is not used.", (folder / run).string()));
  if (repeated > 0)
    dataset.notes.push_back(
        fmt::format("{} in {} not added: in the ground truth already, or left out of it with boxes.",
                    counted(repeated, "image", "images"), folder.string()));
}

}  // namespace bonescan
