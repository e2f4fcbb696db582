// What a run does with one radiograph: read, segment, decide, detect, write.
#pragma once

#include <filesystem>

#include "bonescan/image/radiograph.h"
#include "bonescan/scan/inputs.h"
#include "bonescan/scan/record.h"
#include "bonescan/scan/scan_models.h"

namespace bonescan {

struct RadiographOptions {
  ReadOptions read;
  std::filesystem::path output_folder;  // empty: no masks and overlays are written
  bool masks = true;
  bool overlay = false;
};

// Time spent, in seconds.
struct StageSeconds {
  double read = 0.0;
  double segment = 0.0;
  double detect = 0.0;
  double write = 0.0;

  StageSeconds& operator+=(const StageSeconds& other);
};

struct RadiographResult {
  ScanRecord record;
  StageSeconds seconds;
};

// With both models the detector runs only where the segmenter finds bone. A radiograph that cannot be read, or whose
// pictures cannot have their names or size, becomes a failed record. Throws OutputError where nothing can be written,
// which is no property of the radiograph. Thread-safe.
RadiographResult scan_radiograph(const InputFile& input, const ScanModels& models, const RadiographOptions& options);

}  // namespace bonescan
