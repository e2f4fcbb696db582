#include "bonescan/report/evaluation_gates.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/report/detection_report.h"
#include "bonescan/report/matches_json.h"
#include "bonescan/report/report_json.h"
#include "bonescan/report/segmentation_report.h"

namespace bonescan {
namespace {

// nullopt: the baseline's rows are of other images, or of other ground truth in them.
std::optional<DifferencesByName> differences_of_detections(const DetectionEvaluation& evaluation, const Json& baseline,
                                                           const BootstrapParameters& bootstrap) {
  const auto rows = rows_of_report(baseline, evaluation);
  if (!rows) return std::nullopt;
  DifferencesByName differences;
  if (bootstrap.replicates == 0) return differences;
  const PairedDifferences paired = paired_bootstrap(evaluation.rows, *rows, bootstrap);
  const auto add = [&](const char* name, const std::optional<PairedDifference>& difference) {
    if (difference) differences[name] = *difference;
  };
  add("metrics.ap50", paired.ap50);
  add("metrics.ap", paired.ap);
  add("per_image.iou_mean", paired.image_iou);
  add("froc_summary.sensitivity_at_1_fp", paired.sensitivity_at_1_fp);
  return differences;
}

// Whether two rows of "images_detail" are of one true mask, as far as its name and its numbers of pixels tell.
bool of_one_mask(const Json& row, const Json& earlier) {
  const auto pixels = [](const Json& json, const char* predicted, const char* missed) {
    return json.at(predicted).get<std::int64_t>() + json.at(missed).get<std::int64_t>();
  };
  return row.at("file") == earlier.at("file") &&
         pixels(row, "true_positives", "false_negatives") == pixels(earlier, "true_positives", "false_negatives") &&
         pixels(row, "true_negatives", "false_positives") == pixels(earlier, "true_negatives", "false_positives");
}

// The values of one member of the "images_detail" of a baseline; nullopt if its rows are of other masks than
// `report`'s.
std::optional<std::vector<std::optional<double>>> detail_column(const Json& report, const Json& baseline,
                                                                const std::string& member) try {
  const Json& rows = report.at("images_detail");
  const Json& earlier = baseline.at("images_detail");
  if (rows.size() != earlier.size()) return std::nullopt;
  std::vector<std::optional<double>> values;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!of_one_mask(rows.at(i), earlier.at(i))) return std::nullopt;
    const Json& value = earlier.at(i).at(member);
    values.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
  }
  return values;
} catch (const Json::exception&) {
  return std::nullopt;
}

// nullopt: the baseline is of other images, or of other masks of them.
std::optional<DifferencesByName> differences_of_masks(const SegmentationEvaluation& evaluation, const Json& report,
                                                      const Json& baseline, const BootstrapParameters& bootstrap) {
  DifferencesByName differences;
  const auto compare = [&](const char* name, const char* member, std::optional<double> MaskFigures::*figure) {
    const auto earlier = detail_column(report, baseline, member);
    if (!earlier) return false;
    const auto paired = paired_bootstrap_mean(column(evaluation.figures, figure), *earlier, bootstrap);
    if (paired) differences[name] = *paired;
    return true;
  };
  if (!compare("metrics.iou_mean", "iou", &MaskFigures::iou)) return std::nullopt;
  if (!compare("metrics.dice_mean", "dice", &MaskFigures::dice)) return std::nullopt;
  return differences;
}

Json difference_json(const PairedDifference& difference) {
  Json json;
  json["difference"] = difference.difference;
  json["interval"] = interval_json(difference.interval);
  json["probability_not_worse"] = difference.probability_not_worse;
  json["probability_not_better"] = difference.probability_not_better;
  return json;
}

// Figures at another IoU, or of more detections, are no measure of what changed.
void check_same_options(const Json& baseline, const EvaluationSettings& settings) {
  const Json now = {{"iou_threshold", settings.iou_threshold}, {"max_detections", settings.max_detections}};
  for (const auto& [option, value] : now.items()) {
    const Json* const earlier = find_by_path(baseline, "options." + option);
    if (earlier && *earlier != value)
      throw UsageError(fmt::format("--baseline was made with the {} {}, this evaluation has {}; make both with one",
                                   option, to_json_line(*earlier), to_json_line(value)));
  }
}

}  // namespace

void check_gate_settings(const EvaluationRequest& request, const std::optional<Json>& baseline) {
  const Json nothing =
      runs_detector(request.task) ? detection_report({}, report_task(request.task)) : segmentation_report({});
  for (const std::string& text : request.gates.requirements) {
    const Requirement requirement = parse_requirement(text);
    const std::string group = requirement.figure.substr(0, requirement.figure.find('.'));
    const bool is_open = nothing.contains(group) && nothing[group].is_array() && nothing[group].empty();
    if (!is_open) check_requirement(nothing, requirement);
  }
  if (baseline && runs_detector(request.task)) check_same_options(*baseline, request.settings);
  if (baseline) check_baseline(nothing, *baseline, request.gates.max_drop, {});
}

void check_gates(EvaluationOutcome& outcome, const EvaluationRequest& request, const std::optional<Json>& baseline) {
  for (const std::string& text : request.gates.requirements)
    outcome.gates.push_back(check_requirement(outcome.report, parse_requirement(text)));
  if (baseline) {
    const BootstrapParameters bootstrap = bootstrap_parameters(request.settings);
    const auto* const boxes = std::get_if<DetectionEvaluation>(&outcome.evaluation);
    const auto paired = boxes ? differences_of_detections(*boxes, *baseline, bootstrap)
                              : differences_of_masks(std::get<SegmentationEvaluation>(outcome.evaluation),
                                                     outcome.report, *baseline, bootstrap);
    if (!paired) {
      const char* const note =
          "The baseline is of other images or other ground truth: a difference from it may come from these alone.";
      outcome.report["notes"].push_back(note);
      spdlog::warn("--baseline {}: {}", request.gates.baseline->string(), note);
    }
    const Json* const earlier = find_by_path(*baseline, "options.score_threshold");
    const Json* const now = find_by_path(outcome.report, "options.score_threshold");
    if (earlier && now && *earlier != *now)
      outcome.report["notes"].push_back(
          fmt::format("The baseline's score threshold is {}, this one's {}: figures of the operating point differ by "
                      "that, too.",
                      to_json_line(*earlier), to_json_line(*now)));
    const DifferencesByName differences = paired.value_or(DifferencesByName());
    const auto results = check_baseline(outcome.report, *baseline, request.gates.max_drop, differences);
    outcome.gates.insert(outcome.gates.end(), results.begin(), results.end());
    outcome.report["baseline"] = {{"file", name_to_text(request.gates.baseline->native())},
                                  {"max_drop", request.gates.max_drop}};
    for (const auto& [name, difference] : differences)
      outcome.report["baseline"]["paired_bootstrap"][name] = difference_json(difference);
  }
  outcome.report["gates"] = Json::array();
  for (const GateResult& gate : outcome.gates)
    outcome.report["gates"].push_back({{"gate", gate.name}, {"met", gate.met}, {"sentence", gate.sentence}});
}

}  // namespace bonescan
