#include "scan_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "logging.h"
#include "shared_options.h"
#include "toml_config.h"
#include "validators.h"

namespace bonescan {
namespace {

// The command line as it is parsed. What the library takes as it is goes into `request` at once.
struct ScanArguments {
  ScanRequest request;
  LogOptions log;
  std::string shard;
  std::optional<std::string> dicom_tags;
  bool test_time_flips = false;
  bool resume = false;
  bool overwrite = false;
};

void add_input_options(CLI::App& app, ScanArguments& arguments) {
  app.add_option("INPUT", arguments.request.inputs.names,
                 "Radiographs, folders (searched recursively) and quoted globs")
      ->type_name("PATH")
      ->option_text(" ");
  const char* const group = "Input";
  add_path(app, "--list", arguments.request.inputs.list, "FILE", group,
           "Read names, one a line or each ended by NUL (find -print0); - is standard input");
  app.add_option("--shard", arguments.shard, "Only part I of N of the inputs, for example 2/8")
      ->option_text("I/N")
      ->group(group);
  add_read_options(app, arguments.request.read, group);
}

void add_output_options(CLI::App& app, ScanTask task, ScanArguments& arguments) {
  const char* const group = "Output";
  ScanRequest& request = arguments.request;
  add_path(app, "-o,--output", request.output, "DIR", group,
           "Folder for the results, made if missing; - for standard output");
  if (runs_detector(task)) {
    app.add_option("--format", request.formats,
                   "Boxes also as yolo, voc or csv, separated by commas (coco is always written)")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->transform(one_of(box_formats_by_name()))
        ->option_text("LIST")
        ->group(group);
  }
  app.add_option_function<std::vector<std::string>>(
         "--dicom-tags",
         [&arguments](const std::vector<std::string>& lists) {
           arguments.dicom_tags = fmt::format("{}", fmt::join(lists, ","));
         },
         "Elements of DICOM headers to copy into results.jsonl, as keywords or (gggg,eeee), separated by commas; "
         "nothing else of a header is kept; \"none\" keeps nothing; default: SOPInstanceUID")
      ->allow_extra_args(false)
      ->option_text("LIST")
      ->group(group);
  app.add_flag("--overlay", request.overlay, "Pictures with mask and boxes drawn in overlays/")->group(group);
  app.add_flag("--resume", arguments.resume, "Go on with the run in the output folder")->group(group);
  app.add_flag("--overwrite", arguments.overwrite, "Replace the run in the output folder")->group(group);
}

void add_model_options(CLI::App& app, ScanTask task, ScanArguments& arguments) {
  const char* const group = "Models";
  ModelSelection& models = arguments.request.models;
  add_model_paths(app, task, models, group);
  add_model_card_option(app, models, group);
  add_device_options(app, models, group);
  add_flips_option(app, task, arguments.test_time_flips, group);
}

void add_threshold_options(CLI::App& app, ScanTask task, ScanArguments& arguments) {
  const char* const group = "Thresholds (defaults from the model card)";
  const auto add = [&](const char* name, auto& value, const CLI::Validator& check, const char* text) {
    app.add_option(name, value, text)->transform(check)->option_text(check.get_description())->group(group);
  };
  if (runs_segmenter(task)) {
    SegmentationOptions& bone = arguments.request.segmentation;
    add("--mask-threshold", bone.mask_threshold, fraction(), "A pixel is bone above this probability");
    add("--min-bone-fraction", bone.min_bone_fraction, fraction(),
        "Least share of bone in a radiograph that shows bone");
    add("--min-bone-confidence", bone.min_bone_confidence, fraction(), "Least mean probability of its bone pixels");
  }
  if (runs_detector(task)) {
    DetectionOptions& boxes = arguments.request.detection;
    add("--score-threshold", boxes.score_threshold, fraction(), "Boxes that score below this are left out");
    add("--nms-iou", boxes.nms_iou, fraction(), "IoU above which the lower-scoring of two boxes is suppressed");
    add("--box-voting-iou", boxes.box_voting_iou, fraction(),
        "IoU from which suppressed boxes are averaged into the one that stays, weighted by score; 1: none");
    add("--max-detections", boxes.max_detections, whole_number(1, 1'000'000), "Most boxes in a radiograph");
    add("--top-k", boxes.top_k, whole_number(1, 1'000'000), "Candidates in each class before suppression");
  }
}

void add_run_options(CLI::App& app, ScanArguments& arguments) {
  const char* const group = "Run";
  ScanRequest& request = arguments.request;
  add_threads_option(app, request.threads, "Radiographs at a time; default: all cores");
  app.add_flag("--fail-fast", request.fail_fast, "Stop at the first radiograph that fails")->group(group);
  add_progress_option(app, request.progress, group);
  app.config_formatter(std::make_shared<TomlConfig>());
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_config("--config", "", "Read options from a TOML file: threads = 4")->option_text("FILE")->group(group);
  add_log_options(app, arguments.log, group);
}

ScanRequest complete_request(const ScanArguments& arguments) {
  ScanRequest request = arguments.request;
  request.read.dicom_tags = {kSopInstanceUid};
  if (arguments.dicom_tags) request.read.dicom_tags = parse_dicom_tags(*arguments.dicom_tags);
  request.segmentation.test_time_flips = request.detection.test_time_flips = arguments.test_time_flips;
  if (!arguments.shard.empty()) request.inputs.shard = parse_shard(arguments.shard);
  if (arguments.resume && arguments.overwrite)
    throw UsageError("--resume and --overwrite exclude each other; name one");
  if (arguments.resume) request.existing_output = ExistingOutput::kResume;
  if (arguments.overwrite) request.existing_output = ExistingOutput::kOverwrite;
  request.progress = progress_with(arguments.log, request.progress);
  return request;
}

}  // namespace

ExitCode exit_code(const ScanSummary& summary) {
  const ScanCounts& counts = summary.counts;
  if (summary.end == ScanEnd::kInterrupted) return ExitCode::kInterrupted;
  if (counts.failed == 0) return ExitCode::kSuccess;
  return counts.failed == counts.inputs ? ExitCode::kNoInputProcessed : ExitCode::kSomeInputsFailed;
}

RunCommand add_scan_command(CLI::App& app, ScanTask task, const std::string& example) {
  add_example(app, example);
  const auto arguments = std::make_shared<ScanArguments>();
  arguments->request.task = task;
  add_input_options(app, *arguments);
  add_output_options(app, task, *arguments);
  add_model_options(app, task, *arguments);
  add_threshold_options(app, task, *arguments);
  add_run_options(app, *arguments);
  return [arguments](const CommandContext& context) {
    set_up_logging(arguments->log);
    warn_of_slow_precision(arguments->request.models);
    ScanRequest request = complete_request(*arguments);
    request.command_line = context.command_line;
    exit_on_signals(static_cast<int>(ExitCode::kInterrupted));
    const PreparedScan prepared = prepare_scan(request);
    cancel_on_signals(context.cancellation);
    const ScanSummary summary = scan(request, prepared.inputs, prepared.models, context.cancellation);
    const bool can_go_on = summary.end == ScanEnd::kInterrupted && request.output != kStandardStream;
    if (can_go_on) spdlog::info("--resume goes on with the run in {}", request.output.string());
    return exit_code(summary);
  };
}

}  // namespace bonescan
