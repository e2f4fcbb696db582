#include "bonescan/dataset/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <unordered_set>
#include <utility>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

template <typename Item>
void sort_by_id(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) { return a.id < b.id; });
}

template <typename Condition>
void move_images(std::vector<DatasetImage>& from, std::vector<DatasetImage>& to, Condition moves) {
  const auto first =
      std::stable_partition(from.begin(), from.end(), [&](const DatasetImage& image) { return !moves(image); });
  std::move(first, from.end(), std::back_inserter(to));
  from.erase(first, from.end());
}

// Exports may hold a name twice, once without boxes.
void keep_one_category_of_each_name(Dataset& dataset) {
  std::unordered_set<std::int64_t> used;
  for (const GroundTruthBox& box : dataset.boxes) used.insert(box.category_id);
  std::vector<Category> kept;
  for (Category& category : dataset.categories) {
    const auto same =
        std::find_if(kept.begin(), kept.end(), [&](const Category& one) { return one.name == category.name; });
    if (same == kept.end()) {
      kept.push_back(std::move(category));
    } else if (used.contains(same->id) && used.contains(category.id)) {
      throw UsageError(fmt::format("{}: the categories {} and {} are both called \"{}\", and both have boxes",
                                   dataset.source, same->id, category.id, category.name));
    } else if (used.contains(category.id)) {
      *same = std::move(category);
    }
  }
  dataset.categories = std::move(kept);
}

}  // namespace

std::string base_name(const DatasetImage& image) {
  return std::filesystem::path(image.file_name).filename().string();
}

std::string category_names(const Dataset& dataset) {
  std::string names;
  for (const Category& category : dataset.categories) names += (names.empty() ? "" : ", ") + category.name;
  return names.empty() ? "none" : names;
}

bool has_numbered_categories(const Dataset& dataset) {
  return std::all_of(dataset.categories.begin(), dataset.categories.end(),
                     [](const Category& category) { return category.name == std::to_string(category.id); });
}

void name_numbered_categories(Dataset& dataset, const std::vector<std::string>& classes) {
  const auto is_number_of_class = [&classes](const Category& category) {
    return category.id >= 0 && category.id < std::ssize(classes) &&
           std::find(classes.begin(), classes.end(), category.name) == classes.end();
  };
  if (!has_numbered_categories(dataset) ||
      !std::all_of(dataset.categories.begin(), dataset.categories.end(), is_number_of_class))
    return;
  const bool had_categories = !dataset.categories.empty();
  dataset.categories.clear();
  for (std::int64_t id = 0; id < std::ssize(classes); ++id)
    dataset.categories.push_back({id, classes[static_cast<std::size_t>(id)]});
  if (!had_categories) return;
  dataset.notes.push_back(
      fmt::format("{} numbers its classes and does not name them: the numbers were taken for those of the predictions "
                  "({} is \"{}\").",
                  dataset.source, dataset.categories.front().id, dataset.categories.front().name));
}

bool have_one_class_each(std::size_t predicted_classes, const Dataset& dataset) {
  return predicted_classes == 1 && dataset.categories.size() == 1;
}

std::vector<std::string> notes_of_other_name(const std::string& predicted_class, const Dataset& dataset) {
  const std::string& category = dataset.categories.front().name;
  if (predicted_class == category) return {};
  return {fmt::format("\"{}\", the one class of the predictions, was taken for \"{}\", the one category of {}.",
                      predicted_class, category, dataset.source)};
}

void finish_dataset(Dataset& dataset) {
  keep_one_category_of_each_name(dataset);
  sort_by_id(dataset.images);
  sort_by_id(dataset.categories);
  std::unordered_set<std::int64_t> with_boxes;
  for (const GroundTruthBox& box : dataset.boxes) with_boxes.insert(box.image_id);
  for (DatasetImage& image : dataset.images) image.is_positive = with_boxes.contains(image.id);
}

void keep_images(Dataset& dataset, std::span<const std::int64_t> ids) {
  const std::unordered_set<std::int64_t> kept(ids.begin(), ids.end());
  move_images(dataset.images, dataset.left_out, [&](const DatasetImage& image) { return !kept.contains(image.id); });
  std::erase_if(dataset.boxes, [&](const GroundTruthBox& box) { return !kept.contains(box.image_id); });
}

void take_back_images(Dataset& dataset, std::span<const std::int64_t> ids) {
  const std::unordered_set<std::int64_t> wanted(ids.begin(), ids.end());
  move_images(dataset.left_out, dataset.images, [&](const DatasetImage& image) { return wanted.contains(image.id); });
  sort_by_id(dataset.images);
}

void add_images_without_boxes(Dataset& dataset, std::span<const std::string> file_names,
                              const std::filesystem::path& folder) {
  std::int64_t next_id = 1;
  for (const auto* known : {&dataset.images, &dataset.left_out})
    for (const DatasetImage& image : *known) next_id = std::max(next_id, image.id + 1);
  if (file_names.size() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() - next_id))
    throw UsageError(fmt::format("{}: images cannot be added, since the ids leave no room for theirs", dataset.source));
  for (const std::string& file_name : file_names) {
    DatasetImage image;
    image.id = next_id++;
    image.file_name = file_name;
    image.path = folder.empty() ? folder : folder / file_name;
    image.is_added = true;
    dataset.images.push_back(std::move(image));
  }
}

}  // namespace bonescan
