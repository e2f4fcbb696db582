// bonescan: finds the subcommand, parses its options, runs it, and says what went wrong in one sentence.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
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

// A command that only leads to its subcommands was given none of them.
std::string explain_missing_subcommand(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(subcommand->get_name());
  const std::vector<std::string> words = app.remaining();
  return fmt::format("{} one of {}; \"{} --help\" shows more",
                     words.empty() ? "name" : fmt::format("\"{}\" is not", words.front()), fmt::join(names, ", "),
                     app.get_name());
}

// Of the command that is parsed: "--threads".
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  for (const CLI::App* subcommand : app.get_subcommands())
    for (std::string& name : option_names(*subcommand)) names.push_back(std::move(name));
  return names;
}

// As a TOML file has them: "threads".
std::vector<std::string> config_keys(const CLI::App& app) {
  std::vector<std::string> names = option_names(app);
  for (std::string& name : names) name.erase(0, 2);
  return names;
}

// CLI11 does not know why.
std::string explain_unreadable_config(const CLI::App& app) {
  try {
    read_text_file(app.get_config_ptr()->results().front());
    return "--config cannot be read";
  } catch (const UsageError& reason) {
    return fmt::format("--config {}", reason.what());
  }
}

// CLI11 speaks of INI.
std::string explain_config(const std::string& message, const CLI::App& app) {
  constexpr std::string_view kUnknown = "INI was not able to parse ";
  const CLI::Option* const config = app.get_config_ptr();
  const std::string file = config && config->count() > 0 ? config->results().front() : "the file";
  if (!message.starts_with(kUnknown)) return fmt::format("--config: {}: {}", file, message);
  const std::string key = message.substr(kUnknown.size());
  return fmt::format("--config: \"{}\" in {} is not an option of {}{}", key, file, full_name(app),
                     did_you_mean(key, config_keys(app)));
}

// What is wrong with the command line, and where to read what would be right.
std::string explain(const CLI::ParseError& error, const CLI::App& app) {
  if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty()) return explain_missing_subcommand(app);
  const std::string help = fmt::format("\"{} --help\" shows the options", full_name(app));
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    const std::string word = app.remaining(true).at(0);
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("{} is not expected here{}; {}", word, did_you_mean(name, option_names(app)), help);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    const bool repeated = message.find(": At Most ") != std::string::npos;
    return fmt::format("{} {}; {}", message.substr(0, message.find(':')),
                       repeated ? "is given more than once" : "needs a value", help);
  }
  if (dynamic_cast<const CLI::FileError*>(&error)) return explain_unreadable_config(app);
  if (dynamic_cast<const CLI::ConfigError*>(&error)) return explain_config(message, app);
  return fmt::format("{}; {}", message, help);
}

// "$MODEL" of a script that has not set it must not stand for the default.
void check_no_value_is_empty(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& value : option->results())
      if (value.empty()) throw CLI::ValidationError(option->get_name(), "the value is empty");
  for (const CLI::App* subcommand : app.get_subcommands()) check_no_value_is_empty(*subcommand);
}

// Without a result the command line is right, and the command can run.
std::optional<ExitCode> parse(CLI::App& app, Words words) {
  try {
    app.parse(static_cast<int>(words.size()), words.data());
    check_no_value_is_empty(app);
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
  if (first == "--version") {
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
