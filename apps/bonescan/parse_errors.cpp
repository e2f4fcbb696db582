#include "parse_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string_view>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/nearest_name.h"
#include "shared_options.h"
#include "toml_config.h"

namespace bonescan {
namespace {

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

// The file of --config, which was given.
std::string config_file(const CLI::App& app) {
  return app.get_config_ptr()->results().front();
}

// CLI11 does not know why.
std::string explain_unreadable_config(const CLI::App& app) {
  try {
    read_text_file(config_file(app));
    return "--config cannot be read";
  } catch (const UsageError& reason) {
    return fmt::format("--config {}", reason.what());
  }
}

// CLI11 speaks of INI.
std::string explain_config(const std::string& message, const CLI::App& app) {
  constexpr std::string_view kUnknown = "INI was not able to parse ";
  if (!message.starts_with(kUnknown)) return fmt::format("--config: {}: {}", config_file(app), message);
  const std::string key = message.substr(kUnknown.size());
  return fmt::format("--config: \"{}\" in {} is not an option of {}{}", key, config_file(app), full_name(app),
                     did_you_mean(key, config_keys(app)));
}

// Of a message that begins with an option, "--threads: ...": "--config: FILE: " where that file gives the value.
std::string source_of_value(const std::string& message, const CLI::App& app) {
  const auto config = std::dynamic_pointer_cast<TomlConfig>(app.get_config_formatter_base());
  const CLI::Option* const option = app.get_option_no_throw(message.substr(0, message.find(':')));
  const bool given_there = config && option && config->gives(*option);
  return given_there ? fmt::format("--config: {}: ", config_file(app)) : std::string();
}

}  // namespace

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
    return fmt::format("{}{} {}; {}", source_of_value(message, app), message.substr(0, message.find(':')),
                       repeated ? "is given more than once" : "needs a value", help);
  }
  if (dynamic_cast<const CLI::FileError*>(&error)) return explain_unreadable_config(app);
  if (dynamic_cast<const CLI::ConfigError*>(&error)) return explain_config(message, app);
  return fmt::format("{}{}; {}", source_of_value(message, app), message, help);
}

}  // namespace bonescan
