#include "bonescan/report/model_run.h"

#include <fmt/format.h>

#include <map>

#include "bonescan/core/error.h"
#include "bonescan/scan/scan.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Names are looked up by their last part, too: with a folder that is not the one they are relative to, one file may
// seem to be several images.
void check_each_has_a_file(const std::vector<NamedImage>& images) {
  std::map<fs::path, std::string> names;
  for (const NamedImage& image : images) {
    const auto [earlier, is_new] = names.emplace(image.path, image.name);
    if (!is_new)
      throw UsageError(
          fmt::format("{} stands for both {} and {}; name the folder that these are relative to as --images",
                      image.path.string(), earlier->second, image.name));
  }
}

}  // namespace

ModelRun run_models(const EvaluationRequest& request, const std::vector<NamedImage>& images,
                    std::optional<double> score_threshold, const fs::path& output, const Cancellation& cancellation) {
  check_each_has_a_file(images);
  ScanRequest scan_request;
  scan_request.task = request.task;
  scan_request.output = output;
  scan_request.masks = request.task == ScanTask::kSegment;
  scan_request.models = request.models;
  scan_request.detection.score_threshold = score_threshold;
  scan_request.segmentation.test_time_flips = request.test_time_flips;
  scan_request.detection.test_time_flips = request.test_time_flips;
  scan_request.read = request.settings.read;
  scan_request.threads = request.settings.threads;
  scan_request.progress = request.progress;
  scan_request.command_line = request.command_line;
  InputSet inputs;
  for (const NamedImage& image : images) inputs.files.push_back({image.path, image.name, 0, ++inputs.found});
  const ScanModels models =
      load_scan_models(scan_request.task, scan_request.models, scan_request.segmentation, scan_request.detection);
  const ScanSummary summary = scan(scan_request, inputs, models, cancellation);

  ModelRun run;
  run.interrupted = summary.end == ScanEnd::kInterrupted;
  run.images = summary.counts.inputs;
  run.failed = summary.counts.failed;
  run.models = read_json_file(output / kRunName).value("models", Json());
  return run;
}

}  // namespace bonescan
