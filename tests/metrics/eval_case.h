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

// The one of that name among the cases of tests/data/eval, or the one in `parent`. Throws if it is not there.
EvalCase eval_case(const std::string& name);
EvalCase eval_case(const std::string& name, const std::filesystem::path& parent);

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
