#include "bonescan/dataset/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/dataset/annotation_json.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/predicted_images.h"
#include "bonescan/dataset/run_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Width or height; 0 if it is not told.
int side_in_pixels(const AnnotationEntry& entry, std::string_view member) {
  if (!entry.has(member)) return 0;
  const std::int64_t pixels = entry.integer(member);
  if (pixels < 0 || pixels > 1'000'000) entry.fail(fmt::format("\"{}\" must lie in 0..1000000", member));
  return static_cast<int>(pixels);
}

using Ids = std::unordered_set<std::int64_t>;

std::int64_t unique_id(const AnnotationEntry& entry, std::string_view kind, Ids& known) {
  const std::int64_t id = entry.integer("id");
  if (id == std::numeric_limits<std::int64_t>::max()) entry.fail("\"id\" is too large");
  if (!known.insert(id).second) entry.fail(fmt::format("another {} has this id; ids must be unique", kind));
  return id;
}

void read_images(const AnnotationFile& file, Dataset& dataset) {
  Ids ids;
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "images")) {
    const AnnotationEntry entry(file, "images", position++, element);
    DatasetImage image;
    image.id = unique_id(entry, "image", ids);
    if (entry.has("file_name")) image.file_name = text_to_name(entry.text("file_name"));
    image.width = side_in_pixels(entry, "width");
    image.height = side_in_pixels(entry, "height");
    dataset.images.push_back(std::move(image));
  }
}

void read_categories(const AnnotationFile& file, Dataset& dataset) {
  Ids ids;
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "categories")) {
    const AnnotationEntry entry(file, "categories", position++, element);
    Category category;
    category.id = unique_id(entry, "category", ids);
    category.name = entry.has("name") ? std::string(entry.text("name")) : std::to_string(category.id);
    dataset.categories.push_back(std::move(category));
  }
}

// What the ids of annotations or results stand for.
struct IdTable {
  std::unordered_map<std::int64_t, ImageMatch> images;
  std::unordered_map<std::int64_t, std::int64_t> categories;
  Ids unknown;         // of images that the set does not know, and need not
  std::string source;  // of the table, for messages
};

// Every id of the set stands for itself, but for those that nobody else can know.
IdTable ids_of(const Dataset& dataset) {
  IdTable table;
  table.source = dataset.source;
  for (const DatasetImage& image : dataset.images)
    if (!image.is_added) table.images[image.id] = {image.id, false};
  for (const DatasetImage& image : dataset.left_out)
    if (!image.is_added) table.images[image.id] = {image.id, true};
  for (const Category& category : dataset.categories) table.categories[category.id] = category.id;
  return table;
}

// The ids of an images.json of ours, whose images and categories are those of the set by name. It names the images that
// the detector saw.
IdTable ids_by_name(const fs::path& path, const Dataset& dataset, PredictedImages& predicted,
                    std::vector<std::string>& notes) {
  const AnnotationFile file(path);
  Dataset named;
  read_images(file, named);
  read_categories(file, named);
  const ImageIndex index(dataset);
  IdTable table;
  table.source = fmt::format("{} that is also in {}", file.name, dataset.source);
  std::unordered_map<std::int64_t, const DatasetImage*> matched;
  for (const DatasetImage& image : named.images) {
    const auto match = index.find(image.file_name);
    if (!match && !index.has_several(image.file_name)) {
      table.unknown.insert(image.id);
      predicted.add_unknown(image.file_name);
    }
    if (!match) continue;
    const auto [earlier, is_new] = matched.emplace(match->id, &image);
    if (!is_new)
      throw UsageError(fmt::format("{}: {} stands for the same image as {}", file.name, image.file_name,
                                   earlier->second->file_name));
    table.images[image.id] = *match;
    if (!match->left_out) predicted.add_seen(match->id, image.width, image.height);
  }
  const bool one_each = have_one_class_each(named.categories.size(), dataset);
  for (const Category& category : named.categories)
    for (const Category& known : dataset.categories)
      if (one_each || category.name == known.name) table.categories[category.id] = known.id;
  if (one_each) notes = notes_of_other_name(named.categories.front().name, dataset);
  return table;
}

// Where `member` is the image's name.
ImageMatch image_of_name(const AnnotationEntry& entry, std::string_view member, const ImageIndex& index,
                         const std::string& source) {
  const std::string name = text_to_name(entry.text(member));
  const auto match = index.find_any_extension(name);
  if (!match)
    entry.fail(fmt::format("there {} \"{}\" in {}; \"image_id\" is an image's id, or its name",
                           index.has_several(name) ? "are several images" : "is no image", name, source));
  return *match;
}

const ImageMatch& image_of(const AnnotationEntry& entry, const IdTable& table) {
  const std::int64_t id = entry.integer("image_id");
  const auto found = table.images.find(id);
  if (found == table.images.end()) entry.fail(fmt::format("there is no image {} in {}", id, table.source));
  return found->second;
}

std::int64_t category_of(const AnnotationEntry& entry, const IdTable& table) {
  const std::int64_t id = entry.integer("category_id");
  const auto found = table.categories.find(id);
  if (found == table.categories.end()) entry.fail(fmt::format("there is no category {} in {}", id, table.source));
  return found->second;
}

void read_annotations(const AnnotationFile& file, Dataset& dataset) {
  const IdTable table = ids_of(dataset);
  std::size_t position = 0;
  for (const simdjson::dom::element element : annotation_list(file, "annotations")) {
    const AnnotationEntry entry(file, "annotations", position++, element);
    GroundTruthBox box;
    box.image_id = image_of(entry, table).id;
    box.category_id = category_of(entry, table);
    box.box = entry.box("bbox");
    box.area = entry.has("area") ? entry.number("area") : area(box.box);
    if (box.area < 0.0) entry.fail("\"area\" is negative");
    box.crowd = entry.flag("iscrowd");
    dataset.boxes.push_back(box);
  }
}

// nullopt if the name, without its extension, is not made of digits, or too long for a number.
std::optional<std::int64_t> number_of_name(const DatasetImage& image) {
  const std::string name = fs::path(image.file_name).stem().string();
  if (name.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  std::int64_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// Ultralytics writes an image's name as "image_id", and the name 2.jpg as the number 2.
void note_ids_that_may_be_names(const Ids& used, const Dataset& dataset, std::vector<std::string>& notes) {
  std::unordered_map<std::int64_t, const DatasetImage*> named;
  for (const DatasetImage& image : dataset.images)
    if (const auto number = number_of_name(image)) named.emplace(*number, &image);
  const DatasetImage* other = nullptr;
  for (const std::int64_t id : used) {
    const auto found = named.find(id);
    if (found == named.end()) return;
    if (found->second->id != id) other = found->second;
  }
  if (other)
    notes.push_back(fmt::format(
        "Every \"image_id\" is an image's id and an image's name, and not of the same one: {} has the id {}. "
        "They were taken for ids; where they are names, add \"file_name\" to the entries.",
        other->file_name, other->id));
}

// The results name only images with detections.
void note_images_without_detections(const Ids& seen, const Dataset& dataset, std::vector<std::string>& notes) {
  const auto added = std::count_if(dataset.images.begin(), dataset.images.end(), [&seen](const DatasetImage& image) {
    return image.is_added && !seen.contains(image.id);
  });
  const std::size_t images = dataset.images.size();
  if (added > 0)
    notes.push_back(fmt::format(
        "COCO results do not tell whether a detector saw images without boxes that were added to the ground "
        "truth: {} taken as without detections.",
        counted(static_cast<std::size_t>(added), "image", "images")));
  else if (seen.size() * 2 < images)
    notes.push_back(fmt::format("Detections on {} of {}; COCO results do not tell whether a detector saw the others.",
                                seen.size(), counted(images, "image", "images")));
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

std::vector<std::string> read_coco_category_names(const fs::path& path) {
  Dataset dataset;
  read_categories(AnnotationFile(path), dataset);
  std::vector<std::string> names;
  for (Category& category : dataset.categories) names.push_back(std::move(category.name));
  return names;
}

Predictions parse_coco_results(std::string_view text, const fs::path& path, const Dataset& dataset) {
  const AnnotationFile file(path, text);
  simdjson::dom::array results;
  if (file.root.get(results) != simdjson::SUCCESS)
    throw UsageError(
        fmt::format("{} is not a file of COCO results: it must be a list of objects with image_id, "
                    "category_id, bbox and score",
                    file.name));
  const fs::path names = path.parent_path() / kImagesName;
  const bool is_ours = path.filename() == kDetectionsName && fs::exists(names);
  std::optional<PredictedImages> predicted;
  if (is_ours) predicted.emplace(dataset);
  Predictions predictions;
  predictions.source = file.name;
  const IdTable table = predicted ? ids_by_name(names, dataset, *predicted, predictions.notes) : ids_of(dataset);
  std::optional<ImageIndex> index;  // made for the first image that is named instead of numbered
  Ids seen, numbered;
  std::size_t left_out = 0;
  std::size_t position = 0;
  for (const simdjson::dom::element element : results) {
    const AnnotationEntry entry(file, "", position++, element);
    DetectedBox box;
    const char* const member = entry.has_text("file_name") ? "file_name" : "image_id";
    const bool is_named = !is_ours && entry.has_text(member);
    if (is_ours && table.unknown.contains(entry.integer("image_id"))) continue;
    if (is_named && !index) index.emplace(dataset);
    const ImageMatch image = is_named ? image_of_name(entry, member, *index, dataset.source) : image_of(entry, table);
    if (!is_named) numbered.insert(image.id);
    box.image_id = image.id;
    box.category_id = category_of(entry, table);
    box.box = entry.box("bbox");
    box.score = entry.number("score");
    if (box.score < 0.0 || box.score > 1.0) entry.fail(fmt::format("\"score\" is {}; a score lies in 0..1", box.score));
    if (image.left_out) {
      ++left_out;
    } else {
      predictions.boxes.push_back(box);
      seen.insert(image.id);
    }
  }
  if (predicted) {
    predicted->finish(predictions);
  } else {
    note_ids_that_may_be_names(numbered, dataset, predictions.notes);
    note_images_without_detections(seen, dataset, predictions.notes);
  }
  if (left_out > 0)
    predictions.notes.push_back(
        fmt::format("{} on images outside the split or list, left out.", counted(left_out, "detection", "detections")));
  return predictions;
}

}  // namespace bonescan
