// The evaluation behind `bonescan eval`.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/json.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/report/detection_evaluation.h"
#include "bonescan/report/evaluation_request.h"
#include "bonescan/report/gates.h"
#include "bonescan/report/segmentation_evaluation.h"

namespace bonescan {

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
