// bonescan: finds the subcommand, parses its options, runs it, and says what went wrong in one sentence.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/error.h"
#include "bonescan/core/version.h"
#include "command.h"

namespace bonescan {
namespace {

constexpr std::array kCommands = {
    Command{"segment", "Bone masks, and whether a radiograph shows bone at all", add_segment_command},
    Command{"detect", "Fracture boxes with scores", add_detect_command},
    Command{"pipeline", "Segment first; radiographs that show bone go on to the detector", add_pipeline_command},
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

// The parser's message as one sentence on one line.
std::string one_sentence(std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

ExitCode report_usage_error(const std::string& command_name, std::string_view message) {
  fmt::print(stderr, "{}: {}\n", command_name, one_sentence(std::string(message)));
  return ExitCode::kUsage;
}

// `words` are the subcommand's name and what follows it.
ExitCode run_command(const Command& command, int word_count, const char* const* words) {
  const std::string name = fmt::format("bonescan {}", command.name);
  try {
    CLI::App app(command.description, name);
    const RunCommand run = command.add_options(app);
    try {
      app.parse(word_count, words);
    } catch (const CLI::Success& help_request) {
      app.exit(help_request);
      return ExitCode::kSuccess;
    } catch (const CLI::ParseError& error) {
      return report_usage_error(name, error.what());
    }
    static Cancellation cancellation;
    cancel_on_signals(cancellation);
    return run(cancellation);
  } catch (const UsageError& error) {
    return report_usage_error(name, error.what());
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
    return report_usage_error(
        "bonescan", fmt::format("there is no command \"{}\"; \"bonescan --help\" lists the commands.", first));
  return run_command(*command, word_count - 1, words + 1);
}

}  // namespace
}  // namespace bonescan

int main(int argc, char** argv) {
  using bonescan::ExitCode;
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
