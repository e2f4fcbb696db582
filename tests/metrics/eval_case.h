// Evaluation cases with answers that others computed: a folder with ground truth, detections and what is expected.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/metrics/evaluation_set.h"

namespace bonescan::test {

struct EvalCase {
  std::string name;
  EvaluationSet set;
  Json expected;
};

// COCO annotations and results as pycocotools reads them.
EvaluationSet read_evaluation_set(const Json& ground_truth, const Json& detections);

// tests/data/eval and, if it is there, shared/eval-cases.
std::vector<EvalCase> eval_cases();

// The JSON file other/NAME of shared/eval-cases; nullopt with a warning if it is not there.
std::optional<Json> shared_answers(const std::string& name);

// A number of the expected answers; -1 and null stand for "undefined".
std::optional<double> expected_number(const Json& value);

// One-class sets in short: boxes {image, x, y, width, height} and {image, x, y, width, height, score}.
struct TruthRow {
  std::int64_t image = 1;
  Box box;
};
struct DetectionRow {
  std::int64_t image = 1;
  Box box;
  double score = 0.0;
};
EvaluationSet one_class_set(std::vector<std::int64_t> images, const std::vector<TruthRow>& truth,
                            const std::vector<DetectionRow>& detections);

}  // namespace bonescan::test
