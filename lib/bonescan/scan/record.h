// One line of results.jsonl: what became of one input.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/model/detector.h"

namespace bonescan {

struct BoneRecord {
  bool present = false;
  double fraction = 0.0;
  double confidence = 0.0;
  std::optional<std::string> mask;  // path below the output folder
};

struct ScanRecord {
  std::string file;                  // relative to the input folder
  std::optional<std::string> error;  // set: the input failed, and only `file` and this count
  int width = 0;                     // of the upright image
  int height = 0;
  std::optional<BoneRecord> bone;    // unset where no segmenter ran
  bool detector_ran = false;
  std::vector<Detection> detections;
};

// The object that results.jsonl holds for it, members in the order of the contract.
Json to_json(const ScanRecord& record);

// Reads such an object back. Throws UsageError that begins with `source` if it does not fit.
ScanRecord scan_record_from_json(const Json& json, const std::string& source);

}  // namespace bonescan
