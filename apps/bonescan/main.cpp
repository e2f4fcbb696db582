// bonescan: finds the subcommand, parses its options, runs it, and says what went wrong in one sentence.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/memory.h"
#include "bonescan/core/nearest_name.h"
#include "bonescan/core/version.h"
#include "command.h"
#include "command_table.h"
#include "logging.h"
#include "parse_errors.h"
#include "shared_options.h"

namespace bonescan {
namespace {

std::string help() {
  std::string text =
      "bonescan finds bones and fractures on plain radiographs, in bulk.\n"
      "A research tool, not a medical device.\n\n"
      "Example: bonescan pipeline radiographs/ -o results/ --overlay\n\n"
      "Usage: bonescan COMMAND [OPTIONS] ...\n\n"
      "Commands:\n";
  for (const Command& command : all_commands()) text += fmt::format("  {:<12}{}\n", command.name, command.description);
  return text + "\n\"bonescan COMMAND --help\" shows the options of a command, \"bonescan --version\" the version.\n";
}

// The words of the command line, the program's name first.
using Words = std::span<const char* const>;

// What goes wrong may go wrong before the words are parsed.
void report(Words words, const std::string& command_name, const std::string& message) {
  const bool asks_for_json = std::any_of(words.begin(), words.end(), [](std::string_view word) {
    return word == "--log-json" || word == "--log-json=true";
  });
  if (asks_for_json) set_up_logging({.json = true});
  report_failure(command_name, message);
}

// As one sentence on one line.
ExitCode report_usage_error(Words words, const std::string& command_name, std::string message) {
  message.erase(message.find_last_not_of(" \n") + 1);
  std::replace(message.begin(), message.end(), '\n', ' ');
  report(words, command_name, message);
  return ExitCode::kUsage;
}

// CLI11 takes the next word for the value of "--model=", which "--model=$MODEL" is where nothing has set it.
void check_no_value_is_left_out(Words words) {
  for (const std::string_view word : words) {
    if (word == "--") return;
    if (word.starts_with("--") && word.ends_with('='))
      throw UsageError(fmt::format("{}: the value is empty", word.substr(0, word.size() - 1)));
  }
}

// Without a result the command line is right, and the command can run.
std::optional<ExitCode> parse(CLI::App& app, Words words) {
  try {
    check_no_value_is_left_out(words);
    app.parse(static_cast<int>(words.size()), words.data());
    return std::nullopt;
  } catch (const CLI::Success& help_request) {
    std::ostringstream text;
    app.exit(help_request, text);
    write_to_standard_output(text.str());
    return ExitCode::kSuccess;
  } catch (const CLI::ParseError& error) {
    return report_usage_error(words, full_name(app), explain(error, app));
  }
}

ExitCode run_command(const Command& command, Words words) {
  const CommandParser parser = make_parser(command);
  CLI::App& app = *parser.app;
  try {
    if (const auto ended = parse(app, words.subspan(1))) return *ended;
    static Cancellation cancellation;
    return parser.run({cancellation, {words.begin(), words.end()}});
  } catch (const UsageError& error) {
    return report_usage_error(words, full_name(app), error.what());
  }
}

ExitCode run(Words words) {
  if (words.size() < 2) {
    std::fputs(help().c_str(), stderr);
    return ExitCode::kUsage;
  }
  const std::string_view first = words[1];
  if (first == "help" && words.size() > 2) {
    std::vector<const char*> asked(words.begin() + 1, words.end());
    asked.front() = words[0];
    asked.push_back("--help");
    return run(asked);
  }
  if (first == "--help" || first == "-h" || first == "help") {
    write_to_standard_output(help());
    return ExitCode::kSuccess;
  }
  if (first == "--version" || first == "-V") {
    write_to_standard_output(fmt::format("bonescan {}\n", kVersion));
    return ExitCode::kSuccess;
  }
  const auto commands = all_commands();
  const auto command =
      std::find_if(commands.begin(), commands.end(), [first](const Command& each) { return each.name == first; });
  if (command == commands.end()) {
    if (first.starts_with('-'))
      return report_usage_error(words, "bonescan",
                                fmt::format("{} stands before a command; options come after it{}", first,
                                            did_you_mean(first, {"--help", "--version"})));
    std::vector<std::string> names;
    for (const Command& each : commands) names.emplace_back(each.name);
    return report_usage_error(words, "bonescan",
                              fmt::format("there is no command \"{}\"{}; \"bonescan --help\" lists the commands", first,
                                          did_you_mean(first, names)));
  }
  return run_command(*command, words);
}

// A standard stream that is closed must not become the first file that a run writes. It stays one that cannot be
// written to.
void occupy_closed_streams() {
  int opened = ::open("/dev/null", O_RDONLY);
  while (opened >= 0 && opened <= STDERR_FILENO) opened = ::open("/dev/null", O_RDONLY);
  if (opened >= 0) ::close(opened);
}

}  // namespace
}  // namespace bonescan

int main(int argc, char** argv) {
  using bonescan::ExitCode;
  const bonescan::Words words(static_cast<const char* const*>(argv), static_cast<std::size_t>(argc));
  bonescan::occupy_closed_streams();
  bonescan::keep_memory_for_large_tensors();
  std::signal(SIGPIPE, SIG_IGN);  // a run that writes into a folder goes on where nobody reads its messages
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit of ulimit -f is one that cannot be written, as on a full disk
  // Only libraries write there: OpenCV, for one, of each damaged BMP. What matters reaches us as exceptions.
  std::cerr.rdbuf(nullptr);
  try {
    return static_cast<int>(bonescan::run(words));
  } catch (const bonescan::ReaderGoneError&) {  // ends as other programs of a pipeline do
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  } catch (const bonescan::OutputError& error) {
    bonescan::report(words, "bonescan", error.what());
  } catch (const std::bad_alloc&) {
    bonescan::report(words, "bonescan", "there is not enough memory");
  } catch (const std::exception& error) {
    bonescan::report(words, "bonescan", fmt::format("this is a bug in bonescan: {}", error.what()));
  } catch (...) {
    bonescan::report(words, "bonescan", "this is a bug in bonescan: an unknown exception");
  }
  return static_cast<int>(ExitCode::kInternalError);
}
