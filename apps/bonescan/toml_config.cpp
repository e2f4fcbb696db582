#include "toml_config.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <string>
#include <string_view>

namespace bonescan {
namespace {

// As it would stand on the command line.
std::string word_of(const toml::node& value, std::string_view key) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* flag = value.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* whole = value.as_integer()) return fmt::format("{}", whole->get());
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  if (value.is_table())
    throw CLI::ConfigError(
        fmt::format("[{}] is a table; options stand as in --help, without their dashes: threads = 4", key));
  throw CLI::ConfigError(fmt::format("\"{}\" is neither text, number, true or false, nor a list of these", key));
}

}  // namespace

std::vector<CLI::ConfigItem> TomlConfig::from_config(std::istream& file) const {
  std::vector<CLI::ConfigItem> options;
  try {
    for (const auto& [key, value] : toml::parse(file)) {
      CLI::ConfigItem& item = options.emplace_back();
      item.name = key.str();
      if (const toml::array* list = value.as_array()) {
        if (list->empty()) throw CLI::ConfigError(fmt::format("\"{}\" is an empty list", key.str()));
        for (const toml::node& element : *list) item.inputs.push_back(word_of(element, key.str()));
      } else {
        item.inputs.push_back(word_of(value, key.str()));
      }
    }
  } catch (const toml::parse_error& error) {
    throw CLI::ConfigError(fmt::format("line {}: {}", error.source().begin.line, error.description()));
  }
  read_ = options;
  return options;
}

bool TomlConfig::gives(const CLI::Option& option) const {
  return std::any_of(read_.begin(), read_.end(), [&](const CLI::ConfigItem& item) {
    return (option.check_lname(item.name) || option.check_sname(item.name)) && item.inputs == option.results();
  });
}

}  // namespace bonescan
