#include "eval_outputs.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/report/gates.h"
#include "bonescan/report/report_json.h"
#include "bonescan/report/write_reports.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Throws UsageError if `folder` or what it shall lie in is there and no folder, or cannot be written to.
void check_can_become_folder(const char* option, fs::path folder) {
  std::error_code error;
  while (!folder.empty() && !fs::exists(folder, error)) folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  if (!fs::is_directory(folder, error))
    throw UsageError(fmt::format("{}: {} is not a folder", option, folder.string()));
  check_can_be_written_to(option, folder);
}

void check_can_become_file(const char* option, const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error))
    throw UsageError(fmt::format("{}: {} is a folder; name a file", option, file.string()));
  if (is_replaced_when_written(file)) check_can_become_folder(option, file.parent_path());
}

// Throws UsageError if an output would replace what is named to be read. A baseline may be replaced by the report that
// it was compared with (may_write_reports).
void check_is_not_read(const char* option, const fs::path& output, const EvaluationRequest& request,
                       const OptionalPath& baseline = std::nullopt) {
  const EvaluationSources& sources = request.sources;
  std::vector<fs::path> inputs;
  for (const CardFile& card : request.models.cards) inputs.push_back(card.path);
  for (const OptionalPath& input : {sources.ground_truth, sources.predictions, sources.split_list,
                                    request.models.segmenter, request.models.detector, baseline})
    if (input) inputs.push_back(*input);
  std::error_code error;
  for (const fs::path& input : inputs)
    if (fs::equivalent(output, input, error))
      throw UsageError(fmt::format("{}: {} is read by this evaluation; name another", option, output.string()));
}

// What is read must not be replaced, nor one output by the other.
void check_junit_is_a_file_of_its_own(const EvalOutputs& outputs, const EvaluationRequest& request) {
  const fs::path& junit = *outputs.junit;
  check_is_not_read("--junit", junit, request, request.gates.baseline);
  if (!outputs.folder) return;
  std::error_code error;
  const fs::path file = fs::weakly_canonical(junit, error);
  const fs::path output = fs::weakly_canonical(*outputs.folder, error);
  const bool is_report = file.parent_path() == output &&
                         std::find(kReportNames.begin(), kReportNames.end(), file.filename()) != kReportNames.end();
  if (file == output || is_report)
    throw UsageError(fmt::format("--junit: {} is where --output goes; name another file", junit.string()));
}

// What stands under the reports' names is replaced: it must be those of an earlier evaluation.
void check_reports_are_ours(const fs::path& folder) {
  if (holds_report(folder)) return;
  std::error_code error;
  for (const char* name : kReportNames)
    if (fs::exists(folder / name, error))
      throw UsageError(
          fmt::format("--output: {} is no report of bonescan eval, and would be replaced; name another folder",
                      (folder / name).string()));
}

// Whether the reports may be written: a baseline that this run has failed against stays, or the next run would be
// compared with this one.
bool may_write_reports(const EvaluationOutcome& outcome, const EvalOutputs& outputs, const EvaluationRequest& request) {
  const OptionalPath& baseline = request.gates.baseline;
  std::error_code error;
  if (!baseline || !fs::equivalent(*baseline, *outputs.folder / kReportName, error)) return true;
  if (all_met(outcome.gates)) {
    spdlog::warn("--baseline {} is replaced by the report of this run", baseline->string());
    return true;
  }
  spdlog::error("--baseline {} stays, and the reports of this run are not written; name another --output for them",
                baseline->string());
  return false;
}

}  // namespace

void check_outputs(const EvalOutputs& outputs, const EvaluationRequest& request) {
  if (outputs.folder && *outputs.folder != kStandardStream) {
    check_can_become_folder("--output", *outputs.folder);
    for (const char* name : kReportNames) {
      check_can_become_file("--output", *outputs.folder / name);
      check_is_not_read("--output", *outputs.folder / name, request);
    }
    check_reports_are_ours(*outputs.folder);
  }
  if (!outputs.junit) return;
  if (!outputs.junit->has_filename() || outputs.junit == kStandardStream) throw UsageError("--junit: name a file");
  check_can_become_file("--junit", *outputs.junit);
  check_junit_is_a_file_of_its_own(outputs, request);
}

void write_outputs(const EvaluationOutcome& outcome, const EvalOutputs& outputs, const EvaluationRequest& request) {
  if (outputs.junit) write_named_file(*outputs.junit, junit_xml(outcome.gates));
  if (outputs.folder == kStandardStream) return write_to_standard_output(report_text(outcome.report));
  if (outputs.folder && may_write_reports(outcome, outputs, request)) write_reports(outcome, *outputs.folder);
}

}  // namespace bonescan
