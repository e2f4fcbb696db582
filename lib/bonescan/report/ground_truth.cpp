#include "bonescan/report/ground_truth.h"

#include <fmt/format.h>

#include "bonescan/core/error.h"
#include "bonescan/dataset/coco.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/fracatlas.h"
#include "bonescan/dataset/misplaced_boxes.h"
#include "bonescan/dataset/negatives.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/dataset/split_list.h"
#include "bonescan/dataset/voc.h"
#include "bonescan/dataset/yolo.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

bool holds_files(const fs::path& folder, std::string_view extension) {
  const auto has_it = [&](const fs::path& file) { return has_extension(file, extension); };
  return !list_files_of_others(folder, "--ground-truth", has_it).empty();
}

using ImageNames = std::optional<std::vector<std::string>>;

Dataset read_annotation_folder(const fs::path& folder, const OptionalPath& images, const ImageNames& listed,
                               const ReadOptions& read) {
  if (fs::is_directory(folder / "Annotations") && fs::is_directory(folder / "images"))
    throw UsageError(
        fmt::format("--ground-truth {} is a FracAtlas download; name it with --fracatlas", folder.string()));
  const fs::path real = fs::weakly_canonical(folder);
  if (holds_run_report(real) || (real.filename() == kLabelsFolder && holds_run_report(real.parent_path())))
    throw UsageError(fmt::format("--ground-truth {} holds what a run of bonescan predicted", folder.string()));
  if (holds_files(folder, ".xml")) return read_voc_dataset(folder);
  if (!holds_files(folder, ".txt"))
    throw UsageError(fmt::format("--ground-truth {} holds neither Pascal VOC xml nor YOLO txt files", folder.string()));
  if (!images) throw UsageError("--images is missing: YOLO boxes are parts of the images, whose sizes are needed");
  return read_yolo_dataset(folder, *images, read, listed);
}

Dataset read_named_ground_truth(const EvaluationSources& sources, const ImageNames& listed, const ReadOptions& read) {
  const fs::path& path = *sources.ground_truth;
  if (!fs::exists(path))
    throw UsageError(
        fmt::format("--ground-truth {} does not exist; it must be a COCO JSON file, or a folder of Pascal "
                    "VOC xml or YOLO txt files",
                    path.string()));
  if (!fs::is_directory(path)) return read_coco_dataset(path);
  return read_annotation_folder(path, images_folder(sources), listed, read);
}

void check(const EvaluationSources& sources) {
  if (sources.fracatlas && sources.ground_truth)
    throw UsageError("--fracatlas stands for the ground truth; --ground-truth cannot be named as well");
  if (!sources.fracatlas && !sources.ground_truth)
    throw UsageError("--ground-truth is missing; name a COCO JSON file or a folder, or use --fracatlas");
  if (!sources.fracatlas && sources.split)
    throw UsageError("--split needs --fracatlas; other ground truth is restricted by --split-list");
  if (!sources.fracatlas && sources.with_negatives)
    throw UsageError("--with-negatives needs --fracatlas; other ground truth gets images without boxes by --negatives");
}

}  // namespace

OptionalPath images_folder(const EvaluationSources& sources) {
  if (sources.images && !fs::is_directory(*sources.images))
    throw UsageError(fmt::format("--images {} is not a folder", sources.images->string()));
  if (sources.images || !sources.fracatlas) return sources.images;
  const fs::path folder = fracatlas_images(*sources.fracatlas);
  if (!fs::is_directory(folder)) throw UsageError(fmt::format("--fracatlas: {} is not a folder", folder.string()));
  return folder;
}

Dataset read_ground_truth(const EvaluationSources& sources, const ReadOptions& read) {
  check(sources);
  ImageNames listed;
  if (sources.split_list) listed = read_split_list(*sources.split_list);
  Dataset dataset = sources.fracatlas ? read_fracatlas(*sources.fracatlas, {sources.split, sources.with_negatives})
                                      : read_named_ground_truth(sources, listed, read);
  if (listed) keep_listed_images(dataset, *listed, "--split-list " + sources.split_list->string());
  note_misplaced_boxes(dataset.boxes, dataset, "ground truth", dataset.notes);
  if (sources.negatives) add_negatives(dataset, *sources.negatives);
  return dataset;
}

std::vector<fs::path> find_images(const Dataset& dataset, const ImageFolder& folder) {
  std::vector<fs::path> found;
  for (const DatasetImage& image : dataset.images)
    found.push_back(image.path.empty() ? folder.find_any_extension(image.file_name).value_or(fs::path()) : image.path);
  return found;
}

}  // namespace bonescan
