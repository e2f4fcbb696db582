// bonescan: finds the subcommand, parses its options, runs it, and says what went wrong in one sentence.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/error.h"
#include "bonescan/core/memory.h"
#include "bonescan/core/version.h"
#include "command.h"

namespace bonescan {
namespace {

constexpr std::array kCommands = {
    Command{"segment", "Bone masks, and whether a radiograph shows bone at all", add_segment_command},
    Command{"detect", "Fracture boxes with scores", add_detect_command},
    Command{"pipeline", "Segment first; radiographs that show bone go on to the detector", add_pipeline_command},
    Command{"eval", "Compares predictions with ground truth: figures, reports, gates for CI", add_eval_command},
    Command{"merge", "Joins the output folders of shards into that of one run", add_merge_command},
};

std::string help() {
  std::string text =
      "bonescan finds bones and fractures on plain radiographs, in bulk.\n"
      "A research tool, not a medical device.\n\n"
      "Example: bonescan pipeline radiographs/ -o results/ --overlay\n\n"
      "Usage: bonescan COMMAND [OPTIONS] ...\n\n"
      "Commands:\n";
  for (const Command& command : kCommands) text += fmt::format("  {:<10}{}\n", command.name, command.description);
  return text + "\n\"bonescan COMMAND --help\" shows the options of a command, \"bonescan --version\" the version.\n";
}

// As one sentence on one line.
ExitCode report_usage_error(const std::string& command_name, std::string message) {
  message.erase(message.find_last_not_of(" \n") + 1);
  std::replace(message.begin(), message.end(), '\n', ' ');
  fmt::print(stderr, "{}: {}\n", command_name, message);
  return ExitCode::kUsage;
}

// What is wrong with the command line, and where to read what would be right.
std::string explain(const CLI::ParseError& error, const CLI::App& app, const std::string& name) {
  const std::string help = fmt::format("\"{} --help\" shows the options", name);
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error))
    return fmt::format("{} is not expected here; {}", app.remaining(true).at(0), help);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))
    return fmt::format("{} needs a value; {}", message.substr(0, message.find(':')), help);
  if (dynamic_cast<const CLI::ConfigError*>(&error) || dynamic_cast<const CLI::FileError*>(&error))
    return fmt::format("--config: {}; {}", message, help);
  return fmt::format("{}; {}", message, help);
}

// Without a result the command line is right, and the command can run.
std::optional<ExitCode> parse(CLI::App& app, int word_count, const char* const* words) {
  try {
    app.parse(word_count, words);
    return std::nullopt;
  } catch (const CLI::Success& help_request) {
    app.exit(help_request);
    return ExitCode::kSuccess;
  } catch (const CLI::ParseError& error) {
    return report_usage_error(app.get_name(), explain(error, app, app.get_name()));
  }
}

// `words` are the program's name, the subcommand's name and what follows it.
ExitCode run_command(const Command& command, int word_count, const char* const* words) {
  CLI::App app(command.description, fmt::format("bonescan {}", command.name));
  try {
    const RunCommand run = command.add_options(app);
    if (const auto ended = parse(app, word_count - 1, words + 1)) return *ended;
    static Cancellation cancellation;
    cancel_on_signals(cancellation);
    return run({cancellation, {words, words + word_count}});
  } catch (const UsageError& error) {
    return report_usage_error(app.get_name(), error.what());
  }
}

ExitCode run(int word_count, const char* const* words) {
  if (word_count < 2) {
    fmt::print(stderr, "{}", help());
    return ExitCode::kUsage;
  }
  const std::string_view first = words[1];
  if (first == "--help" || first == "-h") {
    fmt::print("{}", help());
    return ExitCode::kSuccess;
  }
  if (first == "--version") {
    fmt::print("bonescan {}\n", kVersion);
    return ExitCode::kSuccess;
  }
  const auto* command =
      std::find_if(kCommands.begin(), kCommands.end(), [first](const Command& each) { return each.name == first; });
  if (command == kCommands.end())
    return report_usage_error("bonescan",
                              fmt::format("there is no command \"{}\"; \"bonescan --help\" lists the commands", first));
  return run_command(*command, word_count, words);
}

}  // namespace
}  // namespace bonescan

int main(int argc, char** argv) {
  using bonescan::ExitCode;
  bonescan::keep_memory_for_large_tensors();
  try {
    return static_cast<int>(bonescan::run(argc, argv));
  } catch (const bonescan::OutputError& error) {
    fmt::print(stderr, "bonescan: {}\n", error.what());
  } catch (const std::exception& error) {
    fmt::print(stderr, "bonescan: this is a bug in bonescan: {}\n", error.what());
  } catch (...) {
    fmt::print(stderr, "bonescan: this is a bug in bonescan: an unknown exception\n");
  }
  return static_cast<int>(ExitCode::kInternalError);
}
