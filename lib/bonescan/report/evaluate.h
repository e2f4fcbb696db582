// What `bonescan eval` is asked for, and what it answers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/json.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/metrics/bootstrap.h"
#include "bonescan/model/network.h"
#include "bonescan/report/detection_evaluation.h"
#include "bonescan/report/gates.h"
#include "bonescan/report/segmentation_evaluation.h"
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

// What runs where there are images but no predictions. Unset models are the default ones.
struct EvaluationModels {
  OptionalPath segmenter;
  OptionalPath detector;
  std::vector<std::filesystem::path> cards;  // used instead of those inside the models, each for the task that it names
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
  bool test_time_flips = false;
  ProgressMode progress = ProgressMode::kAuto;
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

enum class EvaluationTask { kDetect, kSegment, kPipeline };

struct EvaluationRequest {
  EvaluationTask task = EvaluationTask::kDetect;
  EvaluationSources sources;
  EvaluationModels models;
  EvaluationSettings settings;
  GateSettings gates;
  std::vector<std::string> command_line;
};

struct EvaluationOutcome {
  Json report;
  std::vector<GateResult> gates;
  // What the pictures of report.html are drawn from: one of the two.
  std::optional<DetectionEvaluation> detection;
  std::optional<SegmentationEvaluation> segmentation;
  OptionalPath images;                     // the folder that file names are relative to, where it is at hand
  ReadOptions read;                        // of the images there
  std::size_t run_images = 0;              // of a model's run; 0 where predictions were read
  std::size_t failed_images = 0;           // of these
  bool interrupted = false;                // a model's run was; the report is empty
  std::shared_ptr<const void> run_output;  // keeps what a model's run wrote until the reports are written
};

// Reads ground truth and predictions (or runs the models into a temporary folder), computes every figure and checks
// the gates; what is wrong with the gates themselves is found before a model runs. Writes nothing that stays. Throws
// UsageError.
EvaluationOutcome evaluate(const EvaluationRequest& request, const Cancellation& cancellation);

}  // namespace bonescan
