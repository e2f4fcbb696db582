#include "bonescan/scan/scan.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <tbb/info.h>
#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <opencv2/core/utility.hpp>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/threads.h"
#include "bonescan/scan/default_models.h"
#include "bonescan/scan/run_report.h"
#include "bonescan/scan/run_results.h"
#include "bonescan/scan/scan_radiograph.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStandardOutput = "-";

bool wants_segmenter(const ScanRequest& request) {
  return request.task != ScanTask::kDetect;
}
bool wants_detector(const ScanRequest& request) {
  return request.task != ScanTask::kSegment;
}

ModelOptions model_options(ModelTask task, const ScanRequest& request) {
  return {request.device, request.precision, card_for(task, request.model_cards)};
}

void check_request(const ScanRequest& request) {
  if (request.output.empty())
    throw UsageError("--output is missing; name the folder for the results, or - for standard output");
  if (request.output != kStandardOutput) return;
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
  for (const InputFile& input : inputs.files) names.add(picture_name(input.file, input.frame));
}

// A run that goes on keeps the formats that it began with, or their files would stay as they were.
ScanRequest with_earlier_formats(ScanRequest request) {
  std::error_code error;
  if (request.existing_output != ExistingOutput::kResume || !fs::exists(request.output / kRunName, error))
    return request;
  const Json run = read_json_file(request.output / kRunName);
  const Json earlier = run.is_object() ? run.value("formats", Json::array()) : Json::array();
  for (const auto& [name, format] : box_formats_by_name()) {
    const bool was_written = std::find(earlier.begin(), earlier.end(), Json(name)) != earlier.end();
    const bool is_asked_for =
        std::find(request.formats.begin(), request.formats.end(), format) != request.formats.end();
    if (was_written && !is_asked_for) request.formats.push_back(format);
  }
  return request;
}

// Each must be for a model of the command.
void check_model_cards(const ScanRequest& request) {
  for (const fs::path& path : request.model_cards) {
    const bool detection = parse_model_card(read_text_file(path), path.string()).task == ModelTask::kDetection;
    if (!(detection ? wants_detector(request) : wants_segmenter(request)))
      throw UsageError(fmt::format("--model-card: {} is a card for {}, and no such model runs here", path.string(),
                                   detection ? "detection" : "segmentation"));
  }
}

struct ScannedInput {
  std::size_t position = 0;
  RadiographResult result;
  std::exception_ptr failure = nullptr;  // that ends the run
};

// One radiograph is in the hands of one thread from its first byte to its mask; several are in flight, so that reading,
// computing and writing overlap. Records reach `results` in input order.
class Run {
 public:
  Run(const InputSet& inputs, const ScanModels& models, RadiographOptions options, bool fail_fast, RunResults& results,
      Progress& progress, const Cancellation& cancellation)
      : inputs_(inputs),
        models_(models),
        options_(std::move(options)),
        fail_fast_(fail_fast),
        results_(results),
        progress_(progress),
        cancellation_(cancellation) {}

  void execute(int threads) {
    const auto in_flight = static_cast<std::size_t>(threads) + 2;  // bounds memory
    run_on_threads(threads, [&] {
      tbb::parallel_pipeline(
          in_flight, tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order,
                                                         [this](tbb::flow_control& control) { return next(control); }) &
                         tbb::make_filter<std::size_t, ScannedInput>(
                             tbb::filter_mode::parallel, [this](std::size_t position) { return scan_one(position); }) &
                         tbb::make_filter<ScannedInput, void>(tbb::filter_mode::serial_in_order,
                                                              [this](const ScannedInput& scanned) { take(scanned); }));
    });
    if (failure_) std::rethrow_exception(failure_);
  }

  ScanEnd end() const {
    if (stopped_at_failure_) return ScanEnd::kStoppedAtFailure;
    return next_ < inputs_.files.size() ? ScanEnd::kInterrupted : ScanEnd::kFinished;
  }
  const StageSeconds& seconds() const { return seconds_; }

 private:
  std::size_t next(tbb::flow_control& control) {
    while (next_ < inputs_.files.size() && results_.is_done(next_)) ++next_;
    if (next_ < inputs_.files.size() && !stopped_at_failure_ && !cancellation_.requested()) return next_++;
    control.stop();
    return 0;
  }

  // What is thrown here or in take(), since a result cannot be written, ends the run, but the records of the
  // radiographs before it are kept. No exception leaves a stage: oneTBB would not destroy what is in flight.
  ScannedInput scan_one(std::size_t position) const {
    if (stopped_at_failure_) return {position, {}};
    try {
      return {position, scan_radiograph(inputs_.files[position], models_, options_)};
    } catch (...) {
      return {position, {}, std::current_exception()};
    }
  }

  void take(const ScannedInput& scanned) {
    if (stopped_at_failure_) return remove_pictures(scanned);  // was in flight when the failure came
    try {
      if (scanned.failure) std::rethrow_exception(scanned.failure);
      add(scanned);
    } catch (...) {
      failure_ = std::current_exception();
      stopped_at_failure_ = true;
      if (!results_.is_done(scanned.position)) remove_pictures(scanned);
    }
  }

  // Nothing else will tell of them.
  void remove_pictures(const ScannedInput& scanned) const {
    const InputFile& input = inputs_.files[scanned.position];
    if (!options_.output_folder.empty())
      remove_picture_files(options_.output_folder, picture_name(input.file, input.frame));
  }

  void add(const ScannedInput& scanned) {
    const ScanRecord& record = scanned.result.record;
    results_.add(scanned.position, record);
    const StageSeconds& took = scanned.result.seconds;
    seconds_ += took;
    if (record.error || spdlog::should_log(spdlog::level::debug)) progress_.clear_line();
    const std::string name = picture_name(record.file, record.frame);
    if (record.error) spdlog::warn("{}: {}", name, *record.error);
    spdlog::debug("{}: read {:.3f} s, segment {:.3f} s, detect {:.3f} s, write {:.3f} s", name, took.read, took.segment,
                  took.detect, took.write);
    stopped_at_failure_ = fail_fast_ && record.error;
    progress_.add(record.error.has_value());
  }

  const InputSet& inputs_;
  const ScanModels& models_;
  RadiographOptions options_;
  bool fail_fast_;
  RunResults& results_;
  Progress& progress_;
  const Cancellation& cancellation_;
  std::size_t next_ = 0;
  std::atomic<bool> stopped_at_failure_ = false;
  std::exception_ptr failure_ = nullptr;  // set in take(), one radiograph at a time
  StageSeconds seconds_;
};

std::optional<BoxClasses> classes_of(const ScanModels& models) {
  if (!models.detector) return std::nullopt;
  return box_classes(models.detector->description().card.classes);
}

std::string summary_text(const ScanSummary& summary, const ScanModels& models, double seconds) {
  const ScanCounts& counts = summary.counts;
  std::string text = fmt::format("{} of {} radiographs in {}", counts.ok, counts.inputs, duration_text(seconds));
  if (counts.failed > 0) text += fmt::format(", {} failed", counts.failed);
  if (models.segmenter) text += fmt::format(", {} show bone", counts.with_bone);
  if (models.detector) text += fmt::format(", {} boxes", counts.detections);
  if (summary.end == ScanEnd::kInterrupted) text += "; interrupted";
  if (summary.end == ScanEnd::kStoppedAtFailure) text += "; stopped at the first failure";
  return text;
}

}  // namespace

ScanModels load_scan_models(const ScanRequest& request) {
  check_model_cards(request);
  ScanModels models;
  if (wants_segmenter(request)) {
    const fs::path path = request.segmenter.value_or(default_model_path(ModelTask::kSegmentation));
    models.segmenter.emplace(
        load_segmenter(path, model_options(ModelTask::kSegmentation, request), request.segmentation));
  }
  if (wants_detector(request)) {
    const fs::path path = request.detector.value_or(default_model_path(ModelTask::kDetection));
    models.detector = make_lazy_detector(path, model_options(ModelTask::kDetection, request), request.detection);
    if (!models.segmenter) models.detector->get();  // every radiograph needs it: what is wrong with it shows now
  }
  return models;
}

ScanSummary scan(const ScanRequest& asked_for, const InputSet& inputs, const ScanModels& models,
                 const Cancellation& cancellation) {
  const auto start = std::chrono::steady_clock::now();
  const bool keeps_files = asked_for.output != kStandardOutput;
  FolderLock lock(keeps_files ? asked_for.output : fs::path());
  const ScanRequest request = with_earlier_formats(asked_for);
  const int threads = request.threads > 0 ? request.threads : tbb::info::default_concurrency();
  const Json settings = run_settings(request, inputs, models);
  const Json header = run_header(request, inputs, settings, threads);
  check_label_names(asked_for, request, inputs);
  std::error_code unreachable;  // prepare_output_folder() says why
  const bool makes_folder = keeps_files && !fs::exists(request.output, unreachable);
  const bool goes_on = request.existing_output == ExistingOutput::kResume && holds_run(request.output);
  if (keeps_files) {
    check_output_folder(request.output, request.existing_output, settings);
    // What --overwrite removes must not be lost to a detector that cannot run.
    const bool replaces = request.existing_output == ExistingOutput::kOverwrite && holds_run(request.output);
    if (replaces && models.detector) models.detector->get();
    prepare_output_folder(request.output, request.existing_output, lock);
    write_file_atomically(request.output / kRunName, to_json_text(header));
  }

  RadiographOptions options{request.read, keeps_files ? request.output : fs::path(), request.overlay};
  options.read.reduce_to_side = smallest_useful_side(models);
  cv::setNumThreads(1);  // each radiograph has one thread
  RunResults results(inputs, request.output, request.overlay);
  Progress progress(request.progress, inputs.files.size() - results.counts().ok);
  Run run(inputs, models, std::move(options), request.fail_fast, results, progress, cancellation);
  try {
    run.execute(threads);
  } catch (const UsageError&) {
    std::error_code ignored;  // what is told is why the run failed
    if (keeps_files && !goes_on) remove_run(request.output);
    if (makes_folder) fs::remove(request.output, ignored);
    throw;
  }
  progress.clear_line();

  const ScanSummary summary{run.end(), results.counts()};
  if (summary.end != ScanEnd::kInterrupted) results.publish(request.formats, classes_of(models));
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (keeps_files) {
    const Json report = run_report(header, inputs, models, summary, results, {run.seconds(), wall});
    write_file_atomically(request.output / kRunName, to_json_text(report));
  }
  spdlog::info("{}", summary_text(summary, models, wall));
  return summary;
}

ScanSummary scan(const ScanRequest& request, const Cancellation& cancellation) {
  check_request(request);
  const bool keeps_files = request.output != kStandardOutput;
  InputSet inputs;
  run_on_threads(request.threads, [&] {
    inputs = find_inputs(request.inputs, std::cin, keeps_files ? request.output : fs::path(), request.read);
  });
  spdlog::debug("{} inputs below {}", inputs.files.size(), inputs.folder.string());
  const ScanModels models = load_scan_models(request);
  return scan(request, inputs, models, cancellation);
}

}  // namespace bonescan
