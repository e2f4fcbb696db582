// Options that several subcommands have, worded and checked in one place.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "bonescan/image/radiograph.h"
#include "bonescan/scan/model_selection.h"
#include "bonescan/scan/progress.h"
#include "logging.h"

namespace bonescan {

// An option for a path, `type` in the help: a std::filesystem::path, or an optional one that stays unset without it.
template <typename Path>
void add_path(CLI::App& app, const char* name, Path& path, const char* type, const char* group, const char* text) {
  app.add_option_function<std::string>(
         name, [&path](const std::string& value) { path = value; }, text)
      ->option_text(type)
      ->group(group);
}

// --allow-truncated, --max-pixels and --max-file-size
void add_read_options(CLI::App& app, ReadOptions& read, const std::string& group);

// --model, or of a pipeline --segmenter and --detector
void add_model_paths(CLI::App& app, ScanTask task, ModelSelection& models, const char* group);

// --model-card
void add_model_card_option(CLI::App& app, ModelSelection& models, const std::string& group);

// --device and --precision
void add_device_options(CLI::App& app, ModelSelection& models, const std::string& group);

// Warns if --precision bf16 was asked for where it is slower than fp32: on x86 processors without AVX-512, which
// emulate it.
void warn_of_slow_precision(const ModelSelection& models);

// --tta
void add_flips_option(CLI::App& app, ScanTask task, bool& test_time_flips, const std::string& group);

// --threads
void add_threads_option(CLI::App& app, int& threads, const std::string& text);

// --progress
void add_progress_option(CLI::App& app, ProgressMode& progress, const std::string& group);

// What --progress means beside -q and --log-json: silence, and log lines instead of a line that is rewritten.
ProgressMode progress_with(const LogOptions& log, ProgressMode asked_for);

// "bonescan eval detect": the command, and the subcommand of it that the words name.
std::string full_name(const CLI::App& app);

// An example call, at the top of the subcommand's help.
void add_example(CLI::App& app, const std::string& example);

}  // namespace bonescan
