// The evaluation behind `bonescan eval`.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/json.h"
#include "bonescan/core/temporary_folder.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/report/detection_evaluation.h"
#include "bonescan/report/evaluation_request.h"
#include "bonescan/report/gates.h"
#include "bonescan/report/segmentation_evaluation.h"

namespace bonescan {

struct EvaluationOutcome {
  Json report;
  std::vector<GateResult> gates;
  // What charts and pictures of report.html are drawn from.
  std::variant<DetectionEvaluation, SegmentationEvaluation> evaluation;
  OptionalPath images;            // the folder that file names are relative to, where it is at hand
  ReadOptions read;               // of the images there
  std::size_t run_images = 0;     // of a model's run; 0 where predictions were read
  std::size_t failed_images = 0;  // of these
  // The masks of a model's run, which pictures are drawn from.
  std::unique_ptr<const TemporaryFolder> run_output;
};

// Reads ground truth and predictions (or runs the models into a temporary folder), computes every figure and checks
// the gates; what is wrong with the gates themselves is found before a model runs. Writes nothing that stays; nullopt
// if it was cancelled. Throws UsageError, and OutputError if the temporary folder of a model's run cannot be written.
std::optional<EvaluationOutcome> evaluate(const EvaluationRequest& request, const Cancellation& cancellation);

}  // namespace bonescan
