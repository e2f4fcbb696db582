// The batch run: every input through the models, several at once, into an output folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
#include "bonescan/scan/box_formats.h"
#include "bonescan/scan/inputs.h"
#include "bonescan/scan/output_folder.h"
#include "bonescan/scan/progress.h"
#include "bonescan/scan/scan_models.h"

namespace bonescan {

// What the user asked for.
struct ScanRequest {
  ScanTask task = ScanTask::kPipeline;
  InputSelection inputs;
  std::filesystem::path output;  // a folder; "-": results.jsonl to standard output, and nothing else
  ExistingOutput existing_output = ExistingOutput::kRefuse;

  ModelSelection models;
  SegmentationOptions segmentation;
  DetectionOptions detection;

  ReadOptions read;             // reduce_to_side is chosen by the run
  int threads = 0;              // 0: all cores
  std::set<BoxFormat> formats;  // beside detections.json, which is always written where a detector takes part
  bool masks = true;            // where a segmenter takes part; evaluations of boxes need none
  bool overlay = false;
  bool fail_fast = false;
  ProgressMode progress = ProgressMode::kAuto;
  std::vector<std::string> command_line;  // for run.json
};

struct ScanCounts {
  std::size_t inputs = 0;
  std::size_t ok = 0;
  std::size_t failed = 0;
  std::size_t truncated = 0;  // of those that are ok: --allow-truncated took them in part
  std::size_t with_bone = 0;  // of those that are ok
  std::size_t detector_ran = 0;
  std::size_t detections = 0;
};

enum class ScanEnd {
  kFinished,
  kInterrupted,
  kStoppedAtFailure,  // --fail-fast
};

struct ScanSummary {
  ScanEnd end = ScanEnd::kFinished;
  ScanCounts counts;  // with the records that a resumed run had before
};

// What a run begins with.
struct PreparedScan {
  InputSet inputs;
  ScanModels models;
};

// Finds the request's inputs and loads its models; writes nothing. Throws UsageError, and what load_scan_models does.
PreparedScan prepare_scan(const ScanRequest& request);

// Runs the request on its inputs, or on others that the caller has put together. Results, masks and detections.json
// depend on the inputs, the models and the options alone, not on the number of threads; with the number of inputs
// memory grows by their names, and by the records of those that fail. Throws UsageError if the request cannot be met:
// before anything is written, but where the detector, which is loaded when the first radiograph needs it, turns out not
// to fit its card; what was written is then removed again, unless the run goes on with an earlier one. Throws
// OutputError if something cannot be written (disk full, folder removed): the run stops at once, and kResume goes on.
// OpenCV has one thread for each caller from then on (cv::setNumThreads). Messages go to spdlog's default logger, which
// writes to standard output unless the program has set another.
ScanSummary scan(const ScanRequest& request, const InputSet& inputs, const ScanModels& models,
                 const Cancellation& cancellation);

}  // namespace bonescan
