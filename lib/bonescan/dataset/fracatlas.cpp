#include "bonescan/dataset/fracatlas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/dataset/coco.h"
#include "bonescan/dataset/csv.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/dataset/split_list.h"
#include "bonescan/dataset/text_lines.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kRegions = {"hand", "leg", "hip", "shoulder"};

// Under Non_fractured, but copies of images under Fractured.
constexpr std::array<std::string_view, 5> kDuplicatesOfFractured = {
    "IMG0002952.jpg", "IMG0004243.jpg", "IMG0004280.jpg", "IMG0004314.jpg", "IMG0004341.jpg"};

using RegionsByFile = std::unordered_map<std::string, std::vector<std::string>>;

RegionsByFile read_regions(const fs::path& path) {
  RegionsByFile regions;
  if (!fs::exists(path)) return regions;
  const std::string text = read_text_file(path);
  std::vector<std::string> header;
  for (const std::string_view line : split_lines(text)) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = split_csv_line(line);
    if (header.empty()) {
      header = fields;
      continue;
    }
    std::vector<std::string>& of_image = regions[fields[0]];
    for (std::size_t column = 1; column < std::min(header.size(), fields.size()); ++column) {
      const bool is_region = std::find(kRegions.begin(), kRegions.end(), header[column]) != kRegions.end();
      if (is_region && fields[column] == "1") of_image.push_back(header[column]);
    }
  }
  return regions;
}

void require_folder(const fs::path& folder, const fs::path& part) {
  if (!fs::is_directory(folder / part))
    throw UsageError(
        fmt::format("--fracatlas {}: the folder {} is missing; the folder of a FracAtlas download with "
                    "images, Annotations and Utilities is needed",
                    folder.string(), part.string()));
}

bool is_duplicate_of_fractured(const std::string& name) {
  return std::find(kDuplicatesOfFractured.begin(), kDuplicatesOfFractured.end(), name) != kDuplicatesOfFractured.end();
}

// Images under Non_fractured that the annotations do not know.
std::vector<std::string> list_non_fractured(const fs::path& folder, const Dataset& dataset) {
  std::unordered_set<std::string> annotated;
  for (const DatasetImage& image : dataset.images) annotated.insert(base_name(image));
  std::vector<std::string> images;
  for (const std::string& name : list_image_files(folder / "images/Non_fractured", "--fracatlas"))
    if (!annotated.contains(name)) images.push_back("Non_fractured/" + name);
  return images;
}

std::vector<std::int64_t> ids_of(std::span<const DatasetImage> images) {
  std::vector<std::int64_t> ids;
  for (const DatasetImage& image : images) ids.push_back(image.id);
  return ids;
}

// The images of the split, all with boxes.
std::vector<std::int64_t> ids_of_split(Dataset fractured, const fs::path& folder, const std::string& split) {
  const fs::path list = fracatlas_split_list(folder, split);
  if (!fs::exists(list))
    throw UsageError(
        fmt::format("--split {}: {} is missing; FracAtlas has the splits train, valid and test", split, list.string()));
  keep_listed_images(fractured, read_split_list(list), list.string());
  return ids_of(fractured.images);
}

std::vector<std::int64_t> ids_of_negatives(std::span<const DatasetImage> non_fractured, const fs::path& folder,
                                           std::vector<std::string>& notes) {
  std::vector<std::int64_t> ids;
  std::size_t truncated = 0, duplicates = 0;
  for (const DatasetImage& image : non_fractured) {
    if (image.is_positive) {
      ++duplicates;
    } else if (!has_complete_jpeg_stream(fracatlas_images(folder) / image.file_name)) {
      ++truncated;
    } else {
      ids.push_back(image.id);
    }
  }
  notes.push_back(fmt::format("FracAtlas has {} for images without boxes; not used: {}, {} of fractured ones.",
                              counted(ids.size(), "non-fractured image", "non-fractured images"),
                              counted(truncated, "truncated JPEG file", "truncated JPEG files"),
                              counted(duplicates, "duplicate", "duplicates")));
  return ids;
}

void add_regions(Dataset& dataset, const RegionsByFile& regions) {
  for (DatasetImage& image : dataset.images) {
    const auto found = regions.find(base_name(image));
    if (found != regions.end()) image.regions = found->second;
  }
}

}  // namespace

fs::path fracatlas_images(const fs::path& folder) {
  return folder / "images";
}

fs::path fracatlas_split_list(const fs::path& folder, const std::string& split) {
  return folder / "Utilities/Fracture Split" / (split + ".csv");
}

Dataset read_fracatlas(const fs::path& folder, const FracAtlasOptions& options) {
  require_folder(folder, "images");
  Dataset dataset = read_coco_dataset(folder / "Annotations/COCO JSON/COCO_fracture_masks.json");
  dataset.source = "FracAtlas " + folder.string();
  for (DatasetImage& image : dataset.images) image.file_name = "Fractured/" + image.file_name;

  std::vector<std::int64_t> kept =
      options.split ? ids_of_split(dataset, folder, *options.split) : ids_of(dataset.images);
  if (options.split) dataset.source += ", split " + *options.split;

  // All non-fractured images get an id, so that an image's id does not depend on the options.
  const std::size_t fractured = dataset.images.size();
  if (options.with_negatives) require_folder(folder, "images/Non_fractured");
  if (fs::is_directory(folder / "images/Non_fractured"))
    add_images_without_boxes(dataset, list_non_fractured(folder, dataset));
  for (DatasetImage& image : std::span(dataset.images).subspan(fractured))
    image.is_positive = is_duplicate_of_fractured(base_name(image));
  if (options.with_negatives) {
    const auto negatives = ids_of_negatives(std::span(dataset.images).subspan(fractured), folder, dataset.notes);
    kept.insert(kept.end(), negatives.begin(), negatives.end());
  }
  add_regions(dataset, read_regions(folder / "dataset.csv"));
  keep_images(dataset, kept);
  return dataset;
}

}  // namespace bonescan
