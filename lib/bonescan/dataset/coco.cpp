#include "bonescan/dataset/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/core/error.h"
#include "bonescan/dataset/annotation_json.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

int pixel_count(const AnnotationEntry& entry, std::string_view member) {
  if (!entry.has(member)) return 0;
  const std::int64_t pixels = entry.integer(member);
  if (pixels < 0 || pixels > 1'000'000) entry.fail(fmt::format("\"{}\" must lie in 0..1000000", member));
  return static_cast<int>(pixels);
}

void read_images(const AnnotationFile& file, Dataset& dataset) {
  std::unordered_set<std::int64_t> ids;
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "images")) {
    const AnnotationEntry entry(file, "images", position++, element);
    DatasetImage image;
    image.id = entry.integer("id");
    if (!ids.insert(image.id).second) entry.fail("another image has this id; ids must be unique");
    if (entry.has("file_name")) image.file_name = entry.text("file_name");
    image.width = pixel_count(entry, "width");
    image.height = pixel_count(entry, "height");
    dataset.images.push_back(std::move(image));
  }
}

void read_categories(const AnnotationFile& file, Dataset& dataset) {
  std::unordered_set<std::int64_t> ids;
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "categories")) {
    const AnnotationEntry entry(file, "categories", position++, element);
    Category category;
    category.id = entry.integer("id");
    if (!ids.insert(category.id).second) entry.fail("another category has this id; ids must be unique");
    category.name = entry.has("name") ? std::string(entry.text("name")) : std::to_string(category.id);
    dataset.categories.push_back(std::move(category));
  }
}

// What an annotation or result refers to.
class KnownIds {
 public:
  explicit KnownIds(const Dataset& dataset) {
    for (const DatasetImage& image : dataset.images) images_.insert(image.id);
    for (const DatasetImage& image : dataset.left_out) left_out_.insert(image.id);
    for (const Category& category : dataset.categories) categories_.insert(category.id);
  }

  bool left_out(std::int64_t image_id) const { return left_out_.contains(image_id); }

  std::int64_t image_id(const AnnotationEntry& entry, const std::string& where) const {
    const std::int64_t id = entry.integer("image_id");
    if (!images_.contains(id) && !left_out(id)) entry.fail(fmt::format("there is no image {} in {}", id, where));
    return id;
  }

  std::int64_t category_id(const AnnotationEntry& entry, const std::string& where) const {
    const std::int64_t id = entry.integer("category_id");
    if (!categories_.contains(id)) entry.fail(fmt::format("there is no category {} in {}", id, where));
    return id;
  }

 private:
  std::unordered_set<std::int64_t> images_;
  std::unordered_set<std::int64_t> left_out_;
  std::unordered_set<std::int64_t> categories_;
};

void read_annotations(const AnnotationFile& file, Dataset& dataset) {
  const KnownIds known(dataset);
  std::unordered_set<std::int64_t> ids;
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "annotations")) {
    const AnnotationEntry entry(file, "annotations", position++, element);
    if (entry.has("id") && !ids.insert(entry.integer("id")).second)
      entry.fail("another annotation has this id; ids must be unique");
    GroundTruthBox box;
    box.image_id = known.image_id(entry, "the file");
    box.category_id = known.category_id(entry, "the file");
    box.box = entry.box("bbox");
    box.area = entry.has("area") ? entry.number("area") : area(box.box);
    if (box.area < 0.0) entry.fail("\"area\" is negative");
    box.crowd = entry.flag("iscrowd");
    dataset.boxes.push_back(box);
  }
}

}  // namespace

Dataset read_coco_dataset(const fs::path& path) {
  const AnnotationFile file(path);
  if (!file.root.is_object())
    throw UsageError(
        fmt::format("{} is not a COCO ground truth: it must be an object with images, annotations and "
                    "categories",
                    file.name));
  Dataset dataset;
  dataset.source = file.name;
  read_images(file, dataset);
  read_categories(file, dataset);
  read_annotations(file, dataset);
  finish_dataset(dataset);
  return dataset;
}

Predictions read_coco_results(const fs::path& path, const Dataset& dataset) {
  const AnnotationFile file(path);
  simdjson::dom::array results;
  if (file.root.get(results) != simdjson::SUCCESS)
    throw UsageError(
        fmt::format("{} is not a file of COCO results: it must be a list of objects with image_id, "
                    "category_id, bbox and score",
                    file.name));
  const KnownIds known(dataset);
  Predictions predictions;
  predictions.source = file.name;
  std::size_t left_out = 0;
  std::size_t position = 0;
  for (const simdjson::dom::element element : results) {
    const AnnotationEntry entry(file, "", position++, element);
    DetectedBox box;
    box.image_id = known.image_id(entry, dataset.source);
    box.category_id = known.category_id(entry, dataset.source);
    box.box = entry.box("bbox");
    box.score = entry.number("score");
    if (box.score < 0.0 || box.score > 1.0) entry.fail(fmt::format("\"score\" is {}; a score lies in 0..1", box.score));
    if (known.left_out(box.image_id)) {
      ++left_out;
    } else {
      predictions.boxes.push_back(box);
    }
  }
  if (left_out > 0)
    predictions.notes.push_back(
        fmt::format("{} detections on images outside the split or list are left out.", left_out));
  return predictions;
}

}  // namespace bonescan
