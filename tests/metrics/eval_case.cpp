#include "metrics/eval_case.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/test_paths.h"

namespace bonescan::test {

namespace fs = std::filesystem;

namespace {

Box read_box(const Json& bbox) {
  return {bbox[0], bbox[1], bbox[2], bbox[3]};
}

EvalCase read_case(const fs::path& folder) {
  return {folder.filename(),
          read_evaluation_set(read_json_file(folder / "ground_truth.json"), read_json_file(folder / "detections.json")),
          read_json_file(folder / "expected.json")};
}

void add_cases(const fs::path& parent, std::vector<EvalCase>& cases) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent)) {
    if (fs::exists(entry.path() / "expected.json")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& folder : folders) cases.push_back(read_case(folder));
}

}  // namespace

EvaluationSet read_evaluation_set(const Json& ground_truth, const Json& detections) {
  EvaluationSet set;
  for (const Json& image : ground_truth.at("images")) set.image_ids.push_back(image.at("id"));
  for (const Json& category : ground_truth.at("categories")) set.category_ids.push_back(category.at("id"));
  for (const Json& annotation : ground_truth.at("annotations")) {
    set.ground_truth.push_back({annotation.at("image_id"), annotation.at("category_id"),
                                read_box(annotation.at("bbox")), annotation.at("area"),
                                annotation.value("iscrowd", 0) != 0, false});
  }
  for (const Json& detection : detections) {
    set.detections.push_back(
        {detection.at("image_id"), detection.at("category_id"), read_box(detection.at("bbox")), detection.at("score")});
  }
  return set;
}

std::vector<EvalCase> eval_cases() {
  std::vector<EvalCase> cases;
  add_cases(data_folder() / "eval", cases);
  if (const auto more = shared("eval-cases")) {
    add_cases(*more, cases);
  } else {
    WARN("the cases of shared/eval-cases are not there");
  }
  return cases;
}

EvalCase eval_case(const std::string& name) {
  return eval_case(name, data_folder() / "eval");
}

EvalCase eval_case(const std::string& name, const fs::path& parent) {
  return read_case(parent / name);
}

std::optional<double> expected_number(const Json& value) {
  if (value.is_null() || value.get<double>() == -1.0) return std::nullopt;
  return value.get<double>();
}

EvaluationSet one_class_set(std::vector<std::int64_t> images, const std::vector<TruthRow>& truth,
                            const std::vector<DetectionRow>& detections) {
  EvaluationSet set;
  set.image_ids = std::move(images);
  set.category_ids = {1};
  for (const TruthRow& row : truth) set.ground_truth.push_back({row.image, 1, row.box, area(row.box), false, false});
  for (const DetectionRow& row : detections) set.detections.push_back({row.image, 1, row.box, row.score});
  return set;
}

}  // namespace bonescan::test
