#include "shared_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "bonescan/core/machine.h"
#include "validators.h"

namespace bonescan {

void add_read_options(CLI::App& app, ReadOptions& read, const std::string& group) {
  constexpr std::int64_t kMostPixels = std::int64_t{1} << 40;
  app.add_flag("--allow-truncated", read.allow_truncated,
               "Take what a cut-off JPEG, PNG, TIFF or BMP still shows, and mark it \"truncated\" in results.jsonl; "
               "a cut-off DICOM file always fails")
      ->group(group);
  app.add_option("--max-pixels", read.max_pixels, "Largest picture that is decoded; default: 200000000")
      ->transform(whole_number(1, kMostPixels))
      ->option_text("N")
      ->group(group);
  app.add_option("--max-file-size", read.max_file_size, "Largest file that is read, in bytes or as 500MB; default: 2GB")
      ->transform(file_size())
      ->option_text("SIZE")
      ->group(group);
}

void add_model_paths(CLI::App& app, ScanTask task, ModelSelection& models, const char* group) {
  const bool both = task == ScanTask::kPipeline;
  if (runs_segmenter(task))
    add_path(app, both ? "--segmenter" : "--model", models.segmenter, "FILE", group,
             "TorchScript file with its card inside; default: segnet.pt");
  if (runs_detector(task))
    add_path(app, both ? "--detector" : "--model", models.detector, "FILE", group,
             "TorchScript file with its card inside; default: ssd300_vgg16.pt");
}

void add_model_card_option(CLI::App& app, ModelSelection& models, const std::string& group) {
  app.add_option_function<std::vector<std::string>>(
         "--model-card",
         [&models](const std::vector<std::string>& cards) {
           models.cards.clear();
           std::transform(cards.begin(), cards.end(), std::back_inserter(models.cards), read_card_file);
         },
         "Model card to use instead of the one inside the file; where there are two, its task says for which model")
      ->allow_extra_args(false)
      ->option_text("FILE")
      ->group(group);
}

void add_device_options(CLI::App& app, ModelSelection& models, const std::string& group) {
  app.add_option("--device", models.device, "cpu, cuda or cuda:N; default: cpu")->option_text("NAME")->group(group);
  const std::map<std::string, Precision> precisions = {{"fp32", Precision::kFloat32}, {"bf16", Precision::kBFloat16}};
  app.add_option("--precision", models.precision, "fp32 or bf16; default: fp32")
      ->transform(one_of(precisions))
      ->option_text("NAME")
      ->group(group);
}

void warn_of_slow_precision(const ModelSelection& models) {
  if (models.precision != Precision::kBFloat16 || models.device != "cpu") return;
  const std::vector<std::string> features = describe_machine().features;
  const auto has = [&](const char* feature) {
    return std::find(features.begin(), features.end(), feature) != features.end();
  };
  if (has("sse4_2") && !has("avx512f"))
    spdlog::warn("--precision bf16: this processor has no AVX-512 and emulates bf16, many times slower than fp32");
}

void add_flips_option(CLI::App& app, ScanTask task, bool& test_time_flips, const std::string& group) {
  std::vector<std::string> flips;
  if (runs_segmenter(task))
    flips.push_back("masks are the mean with the left-right mirror image (twice the segmenter's time)");
  if (runs_detector(task))
    flips.push_back("boxes are the mean with the mirror images about both axes (four times the detector's)");
  app.add_flag("--tta", test_time_flips, fmt::format("Test-time augmentation: {}", fmt::join(flips, ", ")))
      ->group(group);
}

void add_threads_option(CLI::App& app, int& threads, const std::string& text) {
  constexpr int kMostThreads = 1024;
  app.add_option("--threads", threads, text)->transform(whole_number(1, kMostThreads))->option_text("N")->group("Run");
}

void add_progress_option(CLI::App& app, ProgressMode& progress, const std::string& group) {
  const std::map<std::string, ProgressMode> modes = {
      {"auto", ProgressMode::kAuto}, {"always", ProgressMode::kAlways}, {"never", ProgressMode::kNever}};
  app.add_option("--progress", progress, "auto, always or never; default: auto")
      ->transform(one_of(modes))
      ->option_text("WHEN")
      ->group(group);
}

ProgressMode progress_with(const LogOptions& log, ProgressMode asked_for) {
  if (log.quiet && asked_for == ProgressMode::kAuto) return ProgressMode::kNever;
  return log.json && asked_for != ProgressMode::kNever ? ProgressMode::kLog : asked_for;
}

std::string full_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* subcommand : app.get_subcommands()) name += " " + subcommand->get_name();
  return name;
}

void add_example(CLI::App& app, const std::string& example) {
  app.footer(example);
}

}  // namespace bonescan
