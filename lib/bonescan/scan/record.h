// One line of results.jsonl: what became of one input.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/model/detector.h"

namespace bonescan {

struct BoneRecord {
  bool present = false;
  double fraction = 0.0;            // share of bone pixels on the network's grid, 0..1
  double confidence = 0.0;          // mean probability of the bone pixels, 0..1; 0 if there are none
  std::optional<std::string> mask;  // path below the output folder; unset (null) if none was written
};

struct ScanRecord {
  std::string file;                  // relative to the input folder; its bytes, whatever they are
  int frame = 0;                     // from 1, of a file of several frames; else 0, and no member in JSON
  std::optional<std::string> error;  // set: the input failed, and only `file`, `frame` and this are known
  int width = 0;                     // of the upright image
  int height = 0;
  bool truncated = false;          // --allow-truncated took what the file holds; no member in JSON if it was whole
  std::vector<DicomValue> dicom;   // what --dicom-tags asks for; no member in JSON if empty
  std::optional<BoneRecord> bone;  // unset where no segmenter ran: null in JSON
  bool detector_ran = false;
  std::vector<Detection> detections;
};

// A record with the image_id that COCO files give it.
struct NumberedRecord {
  std::int64_t id = 0;
  ScanRecord record;
};

// Calls its argument for the record of every radiograph, in input order. Thus no output needs all records in memory.
using RecordSource = std::function<void(const std::function<void(const NumberedRecord&)>&)>;

// The object that results.jsonl holds for it, members in the order of the contract: "file", "status",
// "width", "height", "bone", "detector_ran", "detections"; of a failed input "file", "status", "error". A frame has
// "frame" after "file", a file that ended early "truncated": true after "height", a DICOM file "dicom" there:
// {"SOPInstanceUID": "1.2...", tag: null if it lacks it}.
// Scores, boxes and fractions are rounded to float and written with the fewest digits that give that float.
// Names are written as name_to_text of core/file_name.h writes them.
Json to_json(const ScanRecord& record);

// The entry of a failed input among "failures" of run.json: "file", "frame" and "error".
Json failure_json(const ScanRecord& record);

// Reads such an object back. Throws UsageError that begins with `source` if it does not fit.
ScanRecord scan_record_from_json(const Json& json, const std::string& source);

}  // namespace bonescan
