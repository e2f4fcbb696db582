// Predictions in whatever form they are given: COCO results, results.jsonl of ours, YOLO txt.
#pragma once

#include <filesystem>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"

namespace bonescan {

// --predictions. A file that begins with '[' holds COCO results, one that begins with '{' is a
// results.jsonl; a folder is an output folder of ours (its results.jsonl is read) or holds YOLO txt
// files. Throws UsageError that names the file and the line or entry if it does not fit the data set.
Predictions read_predictions(const std::filesystem::path& path, const Dataset& dataset);

// Reads a results.jsonl. Files match images by the full relative path first, then by a base name that
// is unique; labels match categories by name. Inputs that failed and images without a line count as
// images without detections, and a note says how many.
Predictions read_scan_results(const std::filesystem::path& path, const Dataset& dataset);

}  // namespace bonescan
