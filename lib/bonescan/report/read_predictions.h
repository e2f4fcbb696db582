// Predictions in whatever form they are given: COCO results, results.jsonl of ours, YOLO txt.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"
#include "bonescan/scan/record.h"

namespace bonescan {

// --predictions. A file that is called *.jsonl, or whose first line is a record of ours, is a results.jsonl, any other
// one holds COCO results; a folder is an output folder of ours (its results.jsonl is read) or holds YOLO txt files.
// Throws UsageError that names the file and the line or entry if it does not fit the data set. Notes say of what may be
// wrong: scores that a threshold cut off, boxes that reach beyond their image.
Predictions read_predictions(const std::filesystem::path& path, const Dataset& dataset);

// The classes, by number, that a run of ours says it finds: the run that --predictions names, or that the file lies in.
// Empty if it is none. Throws UsageError if the run's images.json cannot be read.
std::vector<std::string> classes_of_predictions(const std::filesystem::path& path);

// The score threshold of the operating point that the card of such a run's detector has, or the run's own if that is
// higher; nullopt if the card has none.
std::optional<double> score_threshold_of_predictions(const std::filesystem::path& path);

// Throws UsageError if the path is the folder of a run, or results, masks or labels in one, that is not finished or a
// shard: the images that it lacks would count as without detections.
void check_is_whole_run(const std::filesystem::path& path);

// Reads a results.jsonl. Files match images as ImageIndex::find_any_extension does, and those that match none are left
// out; labels match categories by name, the only label the only category whatever its name is. Of images that failed or
// have no line, those with boxes count as images without detections, and the others are unseen negatives; notes say how
// many, and how many showed no bone.
Predictions read_scan_results(const std::filesystem::path& path, const Dataset& dataset);

// Calls `visit` with each record of the text of a results.jsonl, and "PATH, line N" for messages. Throws UsageError
// that begins with that.
void for_each_scan_record(std::string_view text, const std::filesystem::path& path,
                          const std::function<void(const ScanRecord& record, const std::string& line)>& visit);

}  // namespace bonescan
