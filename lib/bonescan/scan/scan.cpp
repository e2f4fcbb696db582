#include "bonescan/scan/scan.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <opencv2/core/utility.hpp>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/threads.h"
#include "bonescan/scan/radiograph_pipeline.h"
#include "bonescan/scan/run_report.h"
#include "bonescan/scan/run_results.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

void check_request(const ScanRequest& request) {
  if (request.output.empty())
    throw UsageError("--output is missing; name the folder for the results, or - for standard output");
  if (request.output != kStandardStream) return;
  if (request.overlay || !request.formats.empty() || request.existing_output != ExistingOutput::kRefuse)
    throw UsageError(
        "--output - writes results.jsonl to standard output and keeps no files; --overlay, --format, --resume and "
        "--overwrite need a folder");
}

void check_label_names(const ScanRequest& asked_for, const ScanRequest& request, const InputSet& inputs) {
  const bool keeps_formats = request.formats.size() > asked_for.formats.size();
  LabelNames names(request.formats,
                   keeps_formats
                       ? "name another --output, since the run that --resume goes on with began with these formats"
                       : "use --format csv or scan the two separately");
  for (const InputFile& input : inputs.files) names.add(picture_name(input));
}

// A run that goes on keeps the formats that it began with, or their files would stay as they were.
ScanRequest with_earlier_formats(ScanRequest request) {
  std::error_code error;
  if (request.existing_output != ExistingOutput::kResume || !fs::exists(request.output / kRunName, error))
    return request;
  request.formats.merge(formats_of_run(read_json_file(request.output / kRunName)));
  return request;
}

// What was there before the run.
struct FolderBefore {
  fs::path existing;           // the output folder, or what it was made in
  bool held_this_run = false;  // which goes on
};

// Makes the output folder this run's: it can be written to, holds nothing of a run that is replaced, and its run.json
// is `header`.
FolderBefore occupy_output_folder(const ScanRequest& request, const ScanModels& models, const Json& header,
                                  FolderLock& lock) {
  const fs::path& folder = request.output;
  std::error_code unreachable;  // prepare_output_folder() says why
  const bool holds_earlier_run = holds_run(folder);
  FolderBefore before{folder, holds_earlier_run && request.existing_output == ExistingOutput::kResume};
  while (before.existing.has_relative_path() && !fs::exists(before.existing, unreachable))
    before.existing = before.existing.parent_path();
  check_output_folder(folder, request.existing_output, header.at("settings"));
  // What --overwrite removes must not be lost to a detector that cannot run.
  const bool replaces = holds_earlier_run && request.existing_output == ExistingOutput::kOverwrite;
  if (replaces && models.detector) models.detector->get();
  prepare_output_folder(folder, request.existing_output, lock);
  write_file_atomically(folder / kRunName, to_json_text(header));
  return before;
}

// Of a run that turned out to be impossible; one that was to go on stays.
void take_back_run(const fs::path& folder, const FolderBefore& before) {
  std::error_code ignored;  // what is told is why the run failed
  if (!before.held_this_run) remove_run(folder);
  for (fs::path made = folder; made != before.existing; made = made.parent_path()) fs::remove(made, ignored);
}

std::optional<BoxClasses> classes_of(const ScanModels& models) {
  if (!models.detector) return std::nullopt;
  return box_classes(models.detector->description().card.classes);
}

// `done_before`: of the radiographs, by the run that this one goes on with.
std::string summary_text(const ScanSummary& summary, const ScanModels& models, double seconds,
                         std::size_t done_before) {
  const ScanCounts& counts = summary.counts;
  std::string text = fmt::format("{} of {} radiographs in {}", counts.ok, counts.inputs, duration_text(seconds));
  if (done_before > 0) text += fmt::format(", {} of them before", done_before);
  text += counts_text(counts, models.segmenter.has_value(), models.detector != nullptr);
  if (summary.end == ScanEnd::kInterrupted) text += "; interrupted";
  if (summary.end == ScanEnd::kStoppedAtFailure) text += "; stopped at the first failure";
  return text;
}

}  // namespace

ScanSummary scan(const ScanRequest& asked_for, const InputSet& inputs, const ScanModels& models,
                 const Cancellation& cancellation) {
  const auto start = std::chrono::steady_clock::now();
  const bool keeps_files = asked_for.output != kStandardStream;
  FolderLock lock(keeps_files ? asked_for.output : fs::path());
  const ScanRequest request = with_earlier_formats(asked_for);
  const int threads = threads_in_use(request.threads);
  const Json settings = run_settings(request, inputs, models);
  const Json header = run_header(request, inputs, settings, threads);
  check_label_names(asked_for, request, inputs);
  FolderBefore before;
  if (keeps_files) before = occupy_output_folder(request, models, header, lock);

  RadiographOptions options{request.read, keeps_files ? request.output : fs::path(), request.masks, request.overlay};
  options.read.reduce_to_side = smallest_useful_side(models);
  cv::setNumThreads(1);  // each radiograph has one thread
  RunResults results(inputs, request.output, request.overlay);
  const std::size_t done_before = results.counts().ok;
  Progress progress(request.progress, inputs.files.size() - done_before);
  RadiographPipeline pipeline(inputs, models, std::move(options), request.fail_fast, results, progress, cancellation);
  try {
    pipeline.run(threads);
  } catch (const UsageError&) {
    if (keeps_files) take_back_run(request.output, before);
    throw;
  }
  progress.clear_line();

  const ScanSummary summary{pipeline.end(), results.counts()};
  if (summary.end != ScanEnd::kInterrupted) results.publish(request.formats, classes_of(models));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (keeps_files) {
    const Json report = run_report(header, inputs, models, summary, results, {pipeline.seconds(), wall});
    write_file_atomically(request.output / kRunName, to_json_text(report));
  }
  spdlog::info("{}", summary_text(summary, models, wall, done_before));
  return summary;
}

PreparedScan prepare_scan(const ScanRequest& request) {
  check_request(request);
  const bool keeps_files = request.output != kStandardStream;
  PreparedScan prepared;
  run_on_threads(request.threads, [&] {
    prepared.inputs = find_inputs(request.inputs, std::cin, keeps_files ? request.output : fs::path(), request.read);
  });
  spdlog::debug("{} below {}", counted(prepared.inputs.files.size(), "input", "inputs"),
                prepared.inputs.folder.string());
  prepared.models = load_scan_models(request.task, request.models, request.segmentation, request.detection);
  return prepared;
}

}  // namespace bonescan
