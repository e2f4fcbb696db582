#include "bonescan/scan/self_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
#include "bonescan/scan/default_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

Json find_bone(const Segmenter& segmenter, const Radiograph& sample) {
  const BoneFinding bone = segmenter.segment(sample);
  return {{"bone_fraction", bone.fraction}, {"bone_confidence", bone.confidence}};
}

// The best box; an empty object if there is none.
Json find_fracture(const Detector& detector, const Radiograph& sample) {
  const std::vector<Detection> boxes = detector.detect(sample);
  if (boxes.empty()) return Json::object();
  const Detection& best = boxes.front();
  return {
      {"label", best.label}, {"score", best.score}, {"box", {best.box.x, best.box.y, best.box.width, best.box.height}}};
}

Json stored_results(const std::string& sha256) {
  const fs::path path = shipped_weights_folder() / kSelfCheckResults;
  if (!fs::exists(path)) return nullptr;
  const Json results = read_json_file(path);
  return results.value("results", Json::object()).value(sha256, Json());
}

// Whether the two hold the same values in the same order, numbers up to `tolerance`; names of members are not compared.
bool is_close(const Json& found, const Json& stored, double tolerance) {
  if (found.is_number() && stored.is_number())
    return std::abs(found.get<double>() - stored.get<double>()) <= tolerance;  // false for NaN
  if (found.is_structured() && stored.is_structured()) {
    if (found.size() != stored.size()) return false;
    return std::equal(found.begin(), found.end(), stored.begin(),
                      [tolerance](const Json& a, const Json& b) { return is_close(a, b, tolerance); });
  }
  return found == stored;
}

// Boxes relative to the picture's longer side, so that one tolerance holds for all.
Json relative(Json result, const Radiograph& sample) {
  if (result.is_object() && result.contains("box"))
    for (Json& number : result["box"]) number = number.get<double>() / std::max(sample.size.width, sample.size.height);
  return result;
}

bool is_finite(const Json& found) {
  if (found.is_number_float()) return std::isfinite(found.get<double>());
  return !found.is_structured() || std::all_of(found.begin(), found.end(), is_finite);
}

void compare(Precision precision, const Radiograph& sample, ModelCheck& check) {
  if (!is_finite(check.found)) {
    check.problems.push_back(
        fmt::format("the {} {} gives numbers that are not finite; try --precision fp32, or another --device",
                    check.role, check.path.string()));
    return;
  }
  const double tolerance = precision == Precision::kBFloat16 ? 0.05 : 0.01;
  if (check.stored.is_null() || is_close(relative(check.found, sample), relative(check.stored, sample), tolerance))
    return;
  check.problems.push_back(fmt::format(
      "the {} {} finds {} on the sample, where {} is stored: LibTorch computes something else on this machine; install "
      "the LibTorch that bonescan was built with",
      check.role, check.path.string(), to_json_line(check.found), to_json_line(check.stored)));
}

Radiograph read_sample() {
  const fs::path path = shipped_weights_folder() / kSelfCheckSample;
  try {
    return read_radiograph(path);
  } catch (const ImageError& error) {
    throw UsageError(fmt::format("the sample {} {}; install bonescan again", path.string(), error.what()));
  }
}

using RunOnSample = std::function<Json(const Radiograph& sample)>;

// `load` gives back what runs the model.
ModelCheck check_model(const ModelSelection& selection, ModelTask task, const char* role,
                       const std::function<RunOnSample(ModelDescription, const ModelOptions&)>& load) {
  ModelCheck check;
  check.role = role;
  check.path = model_path(selection, task);
  try {
    const ModelOptions options = model_options(selection, task);
    ModelDescription description = describe_model(check.path, task, options);
    check.card = description.card.json;
    check.sha256 = description.sha256;
    const RunOnSample run = load(std::move(description), options);
    const Radiograph sample = read_sample();
    const auto start = std::chrono::steady_clock::now();
    check.found = run(sample);
    check.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    check.stored = stored_results(check.sha256);
    compare(selection.precision, sample, check);
  } catch (const UsageError& error) {
    check.problems.push_back(error.what());
  } catch (const ImageError& error) {
    check.problems.push_back(fmt::format("the {} cannot judge the sample: {}", check.role, error.what()));
  }
  return check;
}

RunOnSample run_segmenter(ModelDescription description, const ModelOptions& options) {
  const auto segmenter = std::make_shared<Segmenter>(load_model(std::move(description), options));
  return [segmenter](const Radiograph& sample) { return find_bone(*segmenter, sample); };
}

RunOnSample run_detector(ModelDescription description, const ModelOptions& options) {
  DetectionOptions any_score;
  any_score.score_threshold = 0.0;
  const auto detector = std::make_shared<Detector>(load_model(std::move(description), options), any_score);
  return [detector](const Radiograph& sample) { return find_fracture(*detector, sample); };
}

}  // namespace

std::vector<ModelCheck> check_models(const ModelSelection& selection) {
  return {check_model(selection, ModelTask::kSegmentation, "segmenter", run_segmenter),
          check_model(selection, ModelTask::kDetection, "detector", run_detector)};
}

}  // namespace bonescan
