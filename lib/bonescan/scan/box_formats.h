// The boxes of a finished run in the formats that other tools read: one small function for each.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/scan/record.h"

namespace bonescan {

enum class BoxFormat { kCoco, kYolo, kVoc, kCsv };

// What the formats are called on the command line and in run.json.
const std::map<std::string, BoxFormat>& box_formats_by_name();

// "formats" of a run.json. Unknown names are passed over, and without a list of names there are none.
std::set<BoxFormat> formats_of_run(const Json& run);

// YOLO and Pascal VOC labels drop the image's extension, so that a.png and a.jpg would share one: refuses that before
// anything is written.
class LabelNames {
 public:
  // `advice` is what would help.
  LabelNames(const std::set<BoxFormat>& formats, std::string advice);
  // Throws UsageError if the labels of the picture (a picture_name) would have the name of earlier ones.
  void add(const std::string& picture);

 private:
  bool written_;
  std::string advice_;
  std::set<std::string> names_;
};

// Names of the classes that boxes can have; the index is the category_id of COCO and the class of YOLO. FracAtlas
// numbers the same way: 0 is "fractured".
using BoxClasses = std::vector<std::string>;

// Those of a model card, whose first class is the background.
BoxClasses box_classes(const std::vector<std::string>& card_classes);

// All of what follows leaves out radiographs that failed, and throws OutputError. A label that the file system takes no
// file for (its name is too long) is left out with a warning.

// What a run leaves where a detector took part: detections.json and images.json always, and the other `formats`.
void write_box_files(const std::filesystem::path& folder, const std::set<BoxFormat>& formats,
                     const RecordSource& records, const BoxClasses& classes);

// A COCO results file (https://cocodataset.org/#format-results): image_id, category_id, bbox, score.
void write_coco_results(const std::filesystem::path& path, const RecordSource& records, const BoxClasses& classes);

// What the ids of the results stand for: {"images": [{"id", "file_name", "width", "height"}],
// "categories": [{"id", "name"}]}, as in a COCO ground truth.
void write_coco_images(const std::filesystem::path& path, const RecordSource& records, const BoxClasses& classes);

// One file for each radiograph below `folder`/labels, empty if it has no boxes: lines "class x_centre y_centre width
// height score", all but the class relative to the image, as Ultralytics writes predictions (save_conf); and data.yaml,
// which names the classes.
void write_yolo_labels(const std::filesystem::path& folder, const RecordSource& records, const BoxClasses& classes);

// One Pascal VOC file for each radiograph below `folder`/labels, with the score of each object as "confidence".
void write_voc_labels(const std::filesystem::path& folder, const RecordSource& records);

// One row for each box: file,label,score,x,y,width,height.
void write_box_table(const std::filesystem::path& path, const RecordSource& records);

}  // namespace bonescan
