#include "bonescan/scan/box_formats.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>
#include <stdexcept>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/file_name_error.h"
#include "bonescan/core/json.h"
#include "bonescan/core/streamed_file.h"
#include "bonescan/dataset/csv.h"
#include "bonescan/dataset/yolo.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

std::size_t class_number(const BoxClasses& classes, const std::string& label) {
  const auto found = std::find(classes.begin(), classes.end(), label);
  if (found == classes.end()) throw std::logic_error(fmt::format("the detector has no class \"{}\"", label));
  return static_cast<std::size_t>(found - classes.begin());
}

// Writes the entries of a JSON list one a line, with commas between them.
class ListWriter {
 public:
  explicit ListWriter(StreamedFile& file) : file_(file) { file_.write("["); }
  void add(const Json& entry) {
    file_.write(first_ ? "\n" : ",\n");
    file_.write(to_json_line(entry));
    first_ = false;
  }
  void finish() { file_.write(first_ ? "]" : "\n]"); }

 private:
  StreamedFile& file_;
  bool first_ = true;
};

void for_each_ok(const RecordSource& records, const std::function<void(const NumberedRecord&)>& visit) {
  records([&visit](const NumberedRecord& numbered) {
    if (!numbered.record.error) visit(numbered);
  });
}

void append_voc_object(pugi::xml_node annotation, const Detection& detection) {
  pugi::xml_node object = annotation.append_child("object");
  const auto set = [](pugi::xml_node parent, const char* name, auto value) {
    parent.append_child(name).text() = value;
  };
  const auto number = [](double value) { return fmt::format("{}", static_cast<float>(value)); };
  set(object, "name", name_to_xml_text(detection.label).c_str());
  set(object, "confidence", number(detection.score).c_str());
  set(object, "difficult", 0);
  const Box& box = detection.box;
  pugi::xml_node corners = object.append_child("bndbox");
  set(corners, "xmin", number(box.x).c_str());
  set(corners, "ymin", number(box.y).c_str());
  set(corners, "xmax", number(box.x + box.width).c_str());
  set(corners, "ymax", number(box.y + box.height).c_str());
}

// One that cannot have its name is left out with a warning: the others, and the results, are still of use.
void write_label(const fs::path& folder, const ScanRecord& record, const char* extension, const std::string& text) {
  try {
    write_file_atomically(folder / label_name(picture_name(record), extension), text);
  } catch (const FileNameError& error) {
    spdlog::warn("{}: no label, which {}", picture_name(record), error.what());
  }
}

std::string to_voc_xml(const ScanRecord& record) {
  pugi::xml_document document;
  pugi::xml_node annotation = document.append_child("annotation");
  annotation.append_child("filename").text() = name_to_xml_text(picture_name(record)).c_str();
  pugi::xml_node size = annotation.append_child("size");
  size.append_child("width").text() = record.width;
  size.append_child("height").text() = record.height;
  size.append_child("depth").text() = 3;
  for (const Detection& detection : record.detections) append_voc_object(annotation, detection);
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
}

std::string to_yolo_text(const ScanRecord& record, const BoxClasses& classes) {
  std::string text;
  for (const Detection& detection : record.detections) {
    const Box& box = detection.box;
    text += fmt::format("{} {:.6f} {:.6f} {:.6f} {:.6f} {}\n", class_number(classes, detection.label),
                        (box.x + box.width / 2) / record.width, (box.y + box.height / 2) / record.height,
                        box.width / record.width, box.height / record.height, detection.score);
  }
  return text;
}

}  // namespace

const std::map<std::string, BoxFormat>& box_formats_by_name() {
  static const std::map<std::string, BoxFormat> formats = {
      {"coco", BoxFormat::kCoco}, {"yolo", BoxFormat::kYolo}, {"voc", BoxFormat::kVoc}, {"csv", BoxFormat::kCsv}};
  return formats;
}

std::set<BoxFormat> formats_of_run(const Json& run) {
  std::set<BoxFormat> formats;
  const Json* const names = find_by_path(run, "formats");
  if (!names || !names->is_array()) return formats;
  for (const auto& [name, format] : box_formats_by_name())
    if (std::find(names->begin(), names->end(), Json(name)) != names->end()) formats.insert(format);
  return formats;
}

BoxClasses box_classes(const std::vector<std::string>& card_classes) {
  return card_classes.empty() ? BoxClasses() : BoxClasses(card_classes.begin() + 1, card_classes.end());
}

LabelNames::LabelNames(const std::set<BoxFormat>& formats, std::string advice)
    : written_(formats.contains(BoxFormat::kYolo) || formats.contains(BoxFormat::kVoc)), advice_(std::move(advice)) {}

void LabelNames::add(const std::string& picture) {
  if (!written_ || names_.insert(label_name(picture, "")).second) return;
  throw UsageError(
      fmt::format("--format yolo and voc name labels without the image's extension, and {} would share them with "
                  "another input; {}",
                  picture, advice_));
}

void write_box_files(const fs::path& folder, const std::set<BoxFormat>& formats, const RecordSource& records,
                     const BoxClasses& classes) {
  write_coco_results(folder / kDetectionsName, records, classes);
  write_coco_images(folder / kImagesName, records, classes);
  if (formats.contains(BoxFormat::kYolo)) write_yolo_labels(folder, records, classes);
  if (formats.contains(BoxFormat::kVoc)) write_voc_labels(folder, records);
  if (formats.contains(BoxFormat::kCsv)) write_box_table(folder / kTableName, records);
}

void write_coco_results(const fs::path& path, const RecordSource& records, const BoxClasses& classes) {
  StreamedFile file(path);
  ListWriter list(file);
  for_each_ok(records, [&](const NumberedRecord& numbered) {
    for (const Detection& detection : numbered.record.detections) {
      const Box& box = detection.box;
      list.add({{"image_id", numbered.id},
                {"category_id", class_number(classes, detection.label)},
                {"bbox", {box.x, box.y, box.width, box.height}},
                {"score", detection.score}});
    }
  });
  list.finish();
  file.write("\n");
  file.publish();
}

void write_coco_images(const fs::path& path, const RecordSource& records, const BoxClasses& classes) {
  StreamedFile file(path);
  file.write("{\"images\": ");
  ListWriter images(file);
  for_each_ok(records, [&](const NumberedRecord& numbered) {
    const ScanRecord& record = numbered.record;
    images.add({{"id", numbered.id},
                {"file_name", name_to_text(picture_name(record))},
                {"width", record.width},
                {"height", record.height}});
  });
  images.finish();
  file.write(",\n\"categories\": ");
  ListWriter categories(file);
  for (std::size_t id = 0; id < classes.size(); ++id) categories.add({{"id", id}, {"name", classes[id]}});
  categories.finish();
  file.write("}\n");
  file.publish();
}

void write_yolo_labels(const fs::path& folder, const RecordSource& records, const BoxClasses& classes) {
  write_yolo_names(folder / kYoloNamesName, classes);
  for_each_ok(records, [&](const NumberedRecord& numbered) {
    write_label(folder, numbered.record, ".txt", to_yolo_text(numbered.record, classes));
  });
}

void write_voc_labels(const fs::path& folder, const RecordSource& records) {
  for_each_ok(records, [&](const NumberedRecord& numbered) {
    write_label(folder, numbered.record, ".xml", to_voc_xml(numbered.record));
  });
}

void write_box_table(const fs::path& path, const RecordSource& records) {
  StreamedFile file(path);
  file.write("file,label,score,x,y,width,height\n");
  for_each_ok(records, [&](const NumberedRecord& numbered) {
    for (const Detection& detection : numbered.record.detections) {
      const Box& box = detection.box;
      file.write(fmt::format("{},{},{},{},{},{},{}\n", csv_field(name_to_text(picture_name(numbered.record))),
                             csv_field(detection.label), detection.score, box.x, box.y, box.width, box.height));
    }
  });
  file.publish();
}

}  // namespace bonescan
