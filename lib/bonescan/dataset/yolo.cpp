#include "bonescan/dataset/yolo.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/number.h"
#include "bonescan/dataset/predicted_images.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/dataset/text_lines.h"
#include "bonescan/image/image_size.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

using ClassNames = std::map<std::int64_t, std::string>;

// Annotation tools round to a few digits, so a box may reach this much over the edge.
constexpr double kEdgeTolerance = 0.01;

ClassNames names_from_yaml(const fs::path& path) {
  ClassNames names;
  try {
    const YAML::Node list = YAML::Load(read_found_text_file(path))["names"];
    if (list.IsSequence()) {
      for (std::size_t i = 0; i < list.size(); ++i) names[static_cast<std::int64_t>(i)] = list[i].as<std::string>();
    } else if (list.IsMap()) {
      for (const auto& entry : list) names[entry.first.as<std::int64_t>()] = entry.second.as<std::string>();
    }
  } catch (const YAML::Exception& error) {
    throw UsageError(fmt::format("{} cannot be read: {}", path.string(), error.what()));
  }
  if (names.empty()) throw UsageError(fmt::format("{}: \"names\" must be a list of class names", path.string()));
  return names;
}

ClassNames names_from_lines(const fs::path& path) {
  ClassNames names;
  const std::string text = read_found_text_file(path);
  for (const std::string_view line : split_lines(text))
    if (!line.empty()) names.emplace(static_cast<std::int64_t>(names.size()), line);
  return names;
}

// Empty if the folder does not name its classes.
ClassNames find_class_names(const fs::path& folder) {
  for (const fs::path& file : {folder / "data.yaml", folder / "../data.yaml"})
    if (fs::exists(file)) return names_from_yaml(file);
  for (const fs::path& file : {folder / "labels.txt", folder / "classes.txt"})
    if (fs::exists(file)) return names_from_lines(file);
  if (const fs::path above = folder / "../../data.yaml"; fs::exists(above)) return names_from_yaml(above);
  return {};
}

bool is_label_file(const fs::path& file) {
  const bool names_classes = file.filename() == "labels.txt" || file.filename() == "classes.txt";
  return has_extension(file, ".txt") && !names_classes;
}

struct YoloLine {
  std::int64_t class_number = 0;
  Box box;  // in pixels
  double score = 1.0;
};

std::int64_t class_number(std::string_view word, const std::string& where) {
  const auto number = parse_number(word);
  if (!number || *number < 0.0 || std::trunc(*number) != *number || *number > 1e6)
    throw UsageError(fmt::format("{}: \"{}\" is not a class number", where, word));
  return static_cast<std::int64_t>(*number);
}

YoloLine parse_line(std::string_view line, const std::string& where, const DatasetImage& image, bool with_score) {
  const std::vector<std::string_view> words = split_words(line);
  const std::size_t expected = with_score ? 6 : 5;
  if (words.size() != expected)
    throw UsageError(fmt::format("{}: there are {} numbers; a line is \"class x_centre y_centre width height{}\"",
                                 where, words.size(), with_score ? " score" : ""));
  std::vector<double> numbers;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto number = parse_number(words[i]);
    if (!number) throw UsageError(fmt::format("{}: \"{}\" is not a number", where, words[i]));
    if (*number < 0.0 && i > 2 && i < 5) throw UsageError(fmt::format("{}: the box has a negative size", where));
    const double tolerance = i < 5 ? kEdgeTolerance : 0.0;
    if (*number < -tolerance || *number > 1.0 + tolerance)
      throw UsageError(fmt::format("{}: {} lies outside 0..1", where, words[i]));
    numbers.push_back(*number);
  }
  const double width = numbers[2] * image.width, height = numbers[3] * image.height;
  const Box box{numbers[0] * image.width - width / 2, numbers[1] * image.height - height / 2, width, height};
  return {class_number(words[0], where), box, with_score ? numbers[4] : 1.0};
}

struct LabelFiles {
  std::size_t of_set = 0;
  std::size_t left_out = 0;  // of images that a split leaves out
  std::size_t unknown = 0;   // of images that the set does not know, and need not
  std::string first_unknown;
};

// Calls `visit` with the image, the parsed line and where it stands, for every line of every file that belongs to
// the set. `images_from` is where its images come from, for messages; files whose image is not there are refused unless
// they `may_be_unknown`.
template <typename Visit>
LabelFiles for_each_line(const fs::path& folder, const Dataset& dataset, const std::string& images_from,
                         bool with_score, const std::function<bool(const std::string& file)>& may_be_unknown,
                         const Visit& visit) {
  const ImageIndex index(dataset);
  std::map<std::int64_t, const DatasetImage*> images;
  for (const DatasetImage& image : dataset.images) images[image.id] = &image;
  std::map<std::int64_t, std::string> files;
  LabelFiles counts;
  for (const std::string& file : list_files_of_others(folder, "labels", is_label_file)) {
    const std::string path = (folder / file).string();
    const auto match = index.find_any_extension(file);
    if (!match && !index.has_several(file) && may_be_unknown(file)) {
      if (++counts.unknown == 1) counts.first_unknown = file;
      continue;
    }
    if (!match)
      throw UsageError(fmt::format("{}: there {} of this name in {}", path,
                                   index.has_several(file) ? "are several images" : "is no image", images_from));
    if (match->left_out) {
      ++counts.left_out;
      continue;
    }
    ++counts.of_set;
    if (const auto [earlier, is_new] = files.emplace(match->id, path); !is_new)
      throw UsageError(fmt::format("{} stands for the same image as {}", path, earlier->second));
    const std::string text = read_found_text_file(folder / file);
    std::size_t number = 0;
    for (const std::string_view line : split_lines(text)) {
      const std::string where = fmt::format("{}, line {}", path, ++number);
      if (!line.empty())
        visit(*images.at(match->id), parse_line(line, where, *images.at(match->id), with_score), where);
    }
  }
  return counts;
}

std::vector<DatasetImage> read_images(const fs::path& folder, const ReadOptions& read) {
  std::vector<DatasetImage> images;
  for (const std::string& file : list_image_files(folder, "--images")) {
    DatasetImage image;
    image.id = static_cast<std::int64_t>(images.size()) + 1;
    image.file_name = file;
    try {
      const cv::Size size = read_image_size(folder / file, read);
      image.width = size.width;
      image.height = size.height;
    } catch (const ImageError&) {  // matters only where there are boxes in it
    }
    images.push_back(std::move(image));
  }
  return images;
}

void set_categories(Dataset& dataset, const fs::path& labels) {
  ClassNames names = find_class_names(labels);
  const bool named = !names.empty();
  for (const GroundTruthBox& box : dataset.boxes) {
    if (names.contains(box.category_id)) continue;
    if (named)
      throw UsageError(fmt::format("{}: a box has class {}, but only {} classes are named", labels.string(),
                                   box.category_id, names.size()));
    names[box.category_id] = std::to_string(box.category_id);
  }
  for (const auto& [id, name] : names) dataset.categories.push_back({id, name});
}

// Category ids by class number.
std::map<std::int64_t, std::int64_t> match_classes(const ClassNames& names, const Dataset& dataset) {
  std::map<std::int64_t, std::int64_t> ids;
  if (have_one_class_each(names.size(), dataset)) return {{names.begin()->first, dataset.categories.front().id}};
  for (const Category& category : dataset.categories)
    for (const auto& [number, name] : names)
      if (name == category.name) ids[number] = category.id;
  if (names.empty() || (ids.empty() && has_numbered_categories(dataset)))
    for (const Category& category : dataset.categories) ids[category.id] = category.id;
  return ids;
}

}  // namespace

Dataset read_yolo_dataset(const fs::path& labels, const fs::path& images, const ReadOptions& read,
                          const std::optional<std::vector<std::string>>& listed) {
  Dataset dataset;
  dataset.source = labels.string();
  dataset.images = read_images(images, read);
  std::set<std::int64_t> labelled;
  const auto add = [&](const DatasetImage& image, const YoloLine& line, const std::string& where) {
    if (image.width == 0)
      throw UsageError(fmt::format("{}: the size of {} is needed, and it cannot be read", where,
                                   (images / image.file_name).string()));
    dataset.boxes.push_back({image.id, line.class_number, line.box, area(line.box), false, false});
    labelled.insert(image.id);
  };
  std::optional<ImageIndex> wanted;
  if (listed) wanted.emplace(std::span(*listed));
  const auto is_not_wanted = [&wanted](const std::string& file) {
    return wanted && !wanted->find_any_extension(file) && !wanted->has_several(file);
  };
  const LabelFiles files = for_each_line(labels, dataset, images.string(), false, is_not_wanted, add);
  if (files.of_set == 0 && files.unknown > 0)
    throw UsageError(fmt::format("--ground-truth {}: none of its {} is of an image that is listed", labels.string(),
                                 counted(files.unknown, "label file", "label files")));
  if (files.of_set == 0)
    throw UsageError(fmt::format("--ground-truth {} holds no YOLO label file (NAME.txt)", labels.string()));
  set_categories(dataset, labels);
  finish_dataset(dataset);
  if (const std::size_t without = dataset.images.size() - labelled.size(); without > 0)
    dataset.notes.push_back(fmt::format("{} of {} without a label file or with an empty one, taken as without boxes.",
                                        counted(without, "image", "images"), images.string()));
  return dataset;
}

void write_yolo_names(const fs::path& path, const std::vector<std::string>& names) {
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "names" << YAML::Value << YAML::BeginMap;
  for (std::size_t number = 0; number < names.size(); ++number)
    yaml << YAML::Key << number << YAML::Value << YAML::DoubleQuoted << names[number];
  yaml << YAML::EndMap << YAML::EndMap;
  write_file_atomically(path, fmt::format("{}\n", yaml.c_str()));
}

Predictions read_yolo_results(const fs::path& folder, const Dataset& dataset) {
  Predictions predictions;
  predictions.source = folder.string();
  const ClassNames names = find_class_names(folder);
  const auto classes = match_classes(names, dataset);
  const LabelFiles files = for_each_line(
      folder, dataset, dataset.source, true, [](const std::string& /*file*/) { return true; },
      [&](const DatasetImage& image, const YoloLine& line, const std::string& where) {
        if (image.width <= 0 || image.height <= 0)
          throw UsageError(fmt::format("{}: {} does not say the image's width and height, which YOLO boxes need", where,
                                       dataset.source));
        const auto category = classes.find(line.class_number);
        if (category == classes.end())
          throw UsageError(
              fmt::format("{}: there is no category for class {} in {}; a data.yaml or classes.txt beside the labels "
                          "says what the numbers mean",
                          where, line.class_number, dataset.source));
        predictions.boxes.push_back({image.id, category->second, line.box, line.score});
      });
  if (files.of_set + files.left_out == 0 && files.unknown > 0)
    throw UsageError(fmt::format("{} tells of no image of {}", predictions.source, dataset.source));
  if (files.of_set + files.left_out == 0)
    throw UsageError(
        fmt::format("{} holds no YOLO label file (NAME.txt), nor a results.jsonl of bonescan", folder.string()));
  if (have_one_class_each(names.size(), dataset))
    predictions.notes = notes_of_other_name(names.begin()->second, dataset);
  if (names.empty() && !predictions.boxes.empty() && dataset.categories.front().id != 0)
    predictions.notes.push_back(
        fmt::format("The predictions name no classes (data.yaml): their numbers were taken for category ids, {} for "
                    "\"{}\", and YOLO counts classes from 0.",
                    dataset.categories.front().id, dataset.categories.front().name));
  if (const std::size_t lacking = dataset.images.size() - files.of_set; lacking > 0)
    predictions.notes.push_back(fmt::format("{} without a file in the predictions, taken as without detections.",
                                            counted(lacking, "image", "images")));
  if (files.left_out > 0)
    predictions.notes.push_back(fmt::format("{} of the predictions outside the split or list, left out.",
                                            counted(files.left_out, "image", "images")));
  if (files.unknown > 0)
    predictions.notes.push_back(note_of_unknown_images(files.unknown, files.first_unknown, dataset));
  return predictions;
}

}  // namespace bonescan
