#include "bonescan/dataset/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <string>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/number.h"
#include "bonescan/dataset/run_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

struct VocObject {
  std::string name;
  Box box;
  bool difficult = false;
};

double number_of(const pugi::xml_node& parent, const char* child, const std::string& where) {
  const auto number = parse_number(parent.child_value(child));
  if (!number) throw UsageError(fmt::format("{}: <{}> must be a number", where, child));
  return *number;
}

VocObject parse_object(const pugi::xml_node& node, const std::string& where) {
  VocObject object;
  object.name = node.child_value("name");
  if (object.name.empty()) throw UsageError(fmt::format("{}: <name> is missing", where));
  const pugi::xml_node corners = node.child("bndbox");
  if (!corners) throw UsageError(fmt::format("{}: <bndbox> is missing", where));
  const double left = number_of(corners, "xmin", where), top = number_of(corners, "ymin", where);
  object.box = {left, top, number_of(corners, "xmax", where) - left, number_of(corners, "ymax", where) - top};
  if (object.box.width < 0.0 || object.box.height < 0.0)
    throw UsageError(
        fmt::format("{}: the box has a negative size ({} x {})", where, object.box.width, object.box.height));
  object.difficult = node.child("difficult").text().as_bool();  // "1", "true" and "yes"
  return object;
}

int size_of(const pugi::xml_node& annotation, const char* side, const std::string& where) {
  const pugi::xml_node size = annotation.child("size");
  if (!size) return 0;
  const double pixels = number_of(size, side, where);
  if (pixels < 0.0 || pixels > 1e6) throw UsageError(fmt::format("{}: <{}> must lie in 0..1000000", where, side));
  return static_cast<int>(pixels);
}

pugi::xml_document parse_document(const fs::path& path) {
  const std::string text = read_found_text_file(path);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_trim_pcdata);
  if (!parsed) {
    const auto line =
        std::count(text.begin(), text.begin() + std::min<std::ptrdiff_t>(parsed.offset, std::ssize(text)), '\n');
    throw UsageError(
        fmt::format("{}, line {}: this is not valid XML: {}", path.string(), line + 1, parsed.description()));
  }
  if (!document.child("annotation"))
    throw UsageError(fmt::format("{} is not a Pascal VOC file: it has no <annotation>", path.string()));
  return document;
}

std::string image_name(const pugi::xml_node& annotation, const std::string& file) {
  const std::string_view name = annotation.child_value("filename");
  return name.empty() ? fs::path(file).replace_extension().string() : text_to_name(name);
}

}  // namespace

Dataset read_voc_dataset(const fs::path& folder) {
  Dataset dataset;
  dataset.source = folder.string();
  std::map<std::string, std::int64_t> category_ids;
  std::vector<std::pair<std::string, GroundTruthBox>> boxes;
  const auto is_annotation = [](const fs::path& file) { return has_extension(file, ".xml"); };
  for (const std::string& file : list_files_of_others(folder, "annotations", is_annotation)) {
    const std::string where = (folder / file).string();
    const pugi::xml_document document = parse_document(folder / file);
    const pugi::xml_node annotation = document.child("annotation");
    DatasetImage image;
    image.id = static_cast<std::int64_t>(dataset.images.size()) + 1;
    image.file_name = image_name(annotation, file);
    image.width = size_of(annotation, "width", where);
    image.height = size_of(annotation, "height", where);
    std::size_t number = 0;
    for (const pugi::xml_node& node : annotation.children("object")) {
      const VocObject object = parse_object(node, fmt::format("{}, object {}", where, ++number));
      category_ids[object.name] = 0;
      boxes.emplace_back(object.name,
                         GroundTruthBox{image.id, 0, object.box, area(object.box), false, object.difficult});
    }
    dataset.images.push_back(std::move(image));
  }
  for (auto& [name, id] : category_ids) {
    id = static_cast<std::int64_t>(dataset.categories.size()) + 1;
    dataset.categories.push_back({id, name});
  }
  for (auto& [name, box] : boxes) {
    box.category_id = category_ids.at(name);
    dataset.boxes.push_back(box);
  }
  finish_dataset(dataset);
  return dataset;
}

}  // namespace bonescan
