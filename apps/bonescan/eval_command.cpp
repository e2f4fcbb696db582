// bonescan eval detect|segment|pipeline
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/report/evaluate.h"
#include "bonescan/report/report_table.h"
#include "command.h"
#include "eval_outputs.h"
#include "logging.h"
#include "shared_options.h"
#include "validators.h"

namespace bonescan {
namespace {

// The command line as it is parsed.
struct EvalArguments {
  EvaluationRequest request;
  EvalOutputs outputs;
  LogOptions log;
};

void add_source_options(CLI::App& app, ScanTask task, EvaluationSources& sources) {
  const char* const group = "What is compared";
  const bool masks = !runs_detector(task);
  add_path(app, "--ground-truth", sources.ground_truth, "PATH", group,
           masks ? "Folder of masks" : "COCO JSON file, or folder of YOLO txt or Pascal VOC xml");
  add_path(app, "--predictions", sources.predictions, "PATH", group,
           masks ? "Folder of masks, or an output folder of bonescan"
                 : "COCO results, results.jsonl, an output folder of bonescan, or folder of YOLO txt with scores");
  add_path(app, "--images", sources.images, "DIR", group,
           "The radiographs: a model runs on them where there are no predictions");
  add_path(app, "--fracatlas", sources.fracatlas, "DIR", group,
           masks ? "A FracAtlas download: images and splits" : "A FracAtlas download: ground truth, images and splits");
  app.add_option_function<std::string>(
         "--split", [&sources](const std::string& split) { sources.split = split; },
         "Split of FracAtlas: train, valid or test")
      ->check(one_of({"train", "valid", "test"}))
      ->option_text("NAME")
      ->group(group);
  add_path(app, "--split-list", sources.split_list, "CSV", group, "Only the images that the file names, one a line");
  if (masks) return;
  add_path(app, "--negatives", sources.negatives, "DIR", group, "Adds the images of a folder as images without boxes");
  app.add_flag("--with-negatives", sources.with_negatives, "Adds the non-fractured images of FracAtlas")->group(group);
}

constexpr const char* kModelGroup = "Models (where there are no predictions)";

void add_model_options(CLI::App& app, ScanTask task, EvalArguments& arguments) {
  const char* const group = kModelGroup;
  EvaluationRequest& request = arguments.request;
  add_model_paths(app, task, request.models, group);
  add_model_card_option(app, request.models, group);
  add_device_options(app, request.models, group);
  add_flips_option(app, task, request.test_time_flips, group);
}

void add_figure_options(CLI::App& app, ScanTask task, EvaluationSettings& settings) {
  const char* const group = "Figures";
  if (runs_detector(task)) {
    app.add_option("--iou-threshold", settings.iou_threshold,
                   "IoU of a hit for VOC, FROC and the operating point (COCO figures have their own); default: 0.5")
        ->check(fraction())
        ->option_text("X")
        ->group(group);
    app.add_option("--max-detections", settings.max_detections,
                   "Most detections in an image and class (COCO figures); default: 100")
        ->transform(whole_number(1, 1'000'000))
        ->option_text("N")
        ->group(group);
    app.add_option("--score-threshold", settings.score_threshold,
                   "The operating point: detections at or above it count; default: the model card's, else all count")
        ->check(fraction())
        ->option_text("X")
        ->group(group);
  }
  app.add_option("--bootstrap", settings.bootstrap, "Resamples for the 95 % intervals, 0 for none; default: 1000")
      ->transform(whole_number(0, 1'000'000))
      ->option_text("N")
      ->group(group);
  app.add_option("--seed", settings.seed, "Seed of the resampling; default: 0")
      ->transform(whole_number(0, std::numeric_limits<std::int64_t>::max()))
      ->option_text("N")
      ->group(group);
}

void add_gate_options(CLI::App& app, ScanTask task, EvalArguments& arguments) {
  const char* const group = "Gates (exit code 4 if one is not met)";
  GateSettings& gates = arguments.request.gates;
  app.add_option("--require", gates.requirements,
                 fmt::format("For example '{}' (>=, <=, ==); repeatable",
                             runs_detector(task) ? "ap50>=0.40" : "iou_mean>=0.75"))
      ->allow_extra_args(false)
      ->option_text("GATE")
      ->group(group);
  add_path(app, "--baseline", gates.baseline, "FILE", group, "report.json of an earlier evaluation to compare with");
  app.add_option(
         "--max-drop", gates.max_drop,
         "Largest drop below the baseline that is allowed; of a count, as a fraction of the baseline's; default: 0")
      ->check(non_negative())
      ->needs("--baseline")
      ->option_text("X")
      ->group(group);
  add_path(app, "--junit", arguments.outputs.junit, "FILE", group, "Write the gates as JUnit XML");
}

void add_run_options(CLI::App& app, EvalArguments& arguments) {
  const char* const group = "Run";
  add_path(app, "-o,--output", arguments.outputs.folder, "DIR", group,
           "Folder for report.json, report.md and report.html; - writes report.json to standard output");
  add_threads_option(app, arguments.request.settings.threads, "Images at a time; default: all cores");
  add_progress_option(app, arguments.request.progress, group);
  add_log_options(app, arguments.log);
}

void add_task(CLI::App& app, const char* name, const char* description, const char* example, ScanTask task,
              EvalArguments& arguments) {
  CLI::App* const command = app.add_subcommand(name, description);
  add_example(*command, example);
  command->callback([&arguments, task] { arguments.request.task = task; });
  add_source_options(*command, task, arguments.request.sources);
  add_read_options(*command, arguments.request.settings.read, "What is compared");
  add_model_options(*command, task, arguments);
  add_figure_options(*command, task, arguments.request.settings);
  add_gate_options(*command, task, arguments);
  add_run_options(*command, arguments);
}

// Throws UsageError if something is asked of a model that will not run.
void check_no_model_is_named(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    if (option->get_group() == kModelGroup && option->count() > 0)
      throw UsageError(fmt::format(
          "{} is for running a model, and --predictions were made already; name one or the other", option->get_name()));
}

ExitCode exit_code(const EvaluationOutcome& outcome, const CLI::App& app) {
  for (const GateResult& gate : outcome.gates)
    if (!gate.met) report_failure(full_name(app), fmt::format("{} is not met: {}", gate.name, gate.sentence));
  if (!all_met(outcome.gates)) return ExitCode::kRequirementNotMet;
  if (outcome.failed_images == 0) return ExitCode::kSuccess;
  return outcome.failed_images == outcome.run_images ? ExitCode::kNoInputProcessed : ExitCode::kSomeInputsFailed;
}

ExitCode run_eval(EvalArguments& arguments, const CLI::App& app, const CommandContext& context) {
  set_up_logging(arguments.log);
  warn_of_slow_precision(arguments.request.models);
  check_outputs(arguments.outputs, arguments.request);
  arguments.request.command_line = context.command_line;
  arguments.request.progress = progress_with(arguments.log, arguments.request.progress);
  if (arguments.request.sources.predictions) {
    check_no_model_is_named(*app.get_subcommands().front());
  } else {
    cancel_on_signals(context.cancellation);
  }
  const std::optional<EvaluationOutcome> outcome = evaluate(arguments.request, context.cancellation);
  if (!outcome) return ExitCode::kInterrupted;
  write_outputs(*outcome, arguments.outputs, arguments.request);
  if (arguments.outputs.folder != kStandardStream && !arguments.log.quiet)
    write_to_standard_output(terminal_table(outcome->report));
  return exit_code(*outcome, app);
}

}  // namespace

RunCommand add_eval_command(CLI::App& app) {
  add_example(app, "bonescan eval pipeline --fracatlas FracAtlas/ --split test -o report/");
  app.require_subcommand(1);
  const auto arguments = std::make_shared<EvalArguments>();
  add_task(app, "detect", "Boxes: AP, FROC, sensitivity and specificity",
           "bonescan eval detect --ground-truth gt.json --predictions results/ --require 'ap50>=0.40'",
           ScanTask::kDetect, *arguments);
  add_task(app, "segment", "Masks: IoU, Dice, pixel accuracy, boundary F-score",
           "bonescan eval segment --ground-truth masks/ --predictions results/ -o report/", ScanTask::kSegment,
           *arguments);
  add_task(app, "pipeline", "Boxes of segmenter and detector together",
           "bonescan eval pipeline --fracatlas FracAtlas/ --split test -o report/", ScanTask::kPipeline, *arguments);
  return [arguments, &app](const CommandContext& context) { return run_eval(*arguments, app, context); };
}

}  // namespace bonescan
