// What `bonescan eval` is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/image/radiograph.h"
#include "bonescan/metrics/bootstrap.h"
#include "bonescan/scan/model_selection.h"
#include "bonescan/scan/progress.h"

namespace bonescan {

using OptionalPath = std::optional<std::filesystem::path>;

// Where ground truth and predictions come from.
struct EvaluationSources {
  OptionalPath ground_truth;
  OptionalPath predictions;
  OptionalPath images;
  OptionalPath fracatlas;
  std::optional<std::string> split;
  OptionalPath split_list;
  OptionalPath negatives;
  bool with_negatives = false;
};

struct EvaluationSettings {
  double iou_threshold = 0.5;
  int max_detections = 100;
  std::optional<double> score_threshold;
  int bootstrap = 1000;
  std::uint64_t seed = 0;
  int threads = 0;   // 0: all cores
  ReadOptions read;  // of images and masks
};

struct GateSettings {
  std::vector<std::string> requirements;
  OptionalPath baseline;
  double max_drop = 0.0;
};

struct EvaluationRequest {
  ScanTask task = ScanTask::kDetect;
  EvaluationSources sources;
  ModelSelection models;         // run where there are images but no predictions
  bool test_time_flips = false;  // likewise
  ProgressMode progress = ProgressMode::kAuto;
  EvaluationSettings settings;
  GateSettings gates;
  std::vector<std::string> command_line;
};

// "task" of report.json.
const char* report_task(ScanTask task);

BootstrapParameters bootstrap_parameters(const EvaluationSettings& settings);

}  // namespace bonescan
