#include "command_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "validators.h"

namespace bonescan {
namespace {

constexpr std::array kCommands = {
    Command{"segment", "Bone masks, and whether a radiograph shows bone at all", add_segment_command},
    Command{"detect", "Fracture boxes with scores", add_detect_command},
    Command{"pipeline", "Segment first; radiographs that show bone go on to the detector", add_pipeline_command},
    Command{"eval", "Compares predictions with ground truth: figures, reports, gates for CI", add_eval_command},
    Command{"merge", "Joins the output folders of shards into that of one run", add_merge_command},
    Command{"doctor", "Says what this installation runs on, and whether its models work", add_doctor_command},
    Command{"completion", "Prints the completion for bash, zsh or fish", add_completion_command},
    Command{"man", "Prints the manual page", add_man_command},
};

// The example stands above the usage; CLI11 would print it, as the footer, below everything.
class ExampleFirst : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    const std::string& example = app->get_footer();
    return app->get_description() + (example.empty() ? "\n\n" : fmt::format("\n\nExample: {}\n\n", example));
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
};

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// Validators that allow certain words describe themselves as {a,b,c}.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

ValueKind kind_of(const OptionDescription& option, const std::string& value) {
  if (option.value.empty()) return ValueKind::kNone;
  if (!option.choices.empty()) return ValueKind::kChoice;
  if (value == "FILE" || value == "CSV") return ValueKind::kFile;
  if (value == "DIR") return ValueKind::kFolder;
  return value == "PATH" ? ValueKind::kFileOrFolder : ValueKind::kText;
}

OptionDescription describe(const CLI::Option& option) {
  OptionDescription result;
  result.names = names_of(option);
  result.text = option.get_description();
  result.group = option.get_group();
  result.choices = choices_of(option);
  result.list = option.get_delimiter() != '\0';
  result.repeatable = option.get_items_expected_max() > 1;
  const bool positional = option.get_positional();
  if (positional) result.value = option.get_name(true);
  if (!positional && option.get_type_size_max() > 0) result.value = option.get_option_text();
  result.kind = kind_of(result, positional ? option.get_type_name() : result.value);
  return result;
}

CommandDescription describe(const CLI::App& app, const std::string& name) {
  CommandDescription result{name, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) result.options.push_back(describe(*option));
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    result.subcommands.push_back(describe(*subcommand, name + " " + subcommand->get_name()));
  return result;
}

// CLI11 takes --overlay=0.5 for false and 5 for true. An empty value, "$MODEL" of a script that has not set it, must
// not stand for the default.
void check_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options([](const CLI::Option*) { return true; }))
    option->check(option->get_expected_max() == 0 ? true_or_false() : not_empty());
  for (CLI::App* subcommand : app.get_subcommands([](CLI::App*) { return true; })) check_values(*subcommand);
}

}  // namespace

std::span<const Command> all_commands() {
  return kCommands;
}

CommandParser make_parser(const Command& command) {
  CommandParser parser;
  parser.app = std::make_unique<CLI::App>(command.description, fmt::format("bonescan {}", command.name));
  parser.app->formatter(std::make_shared<ExampleFirst>());
  parser.app->set_help_flag("-h,--help", "Show this help");
  parser.run = command.add_options(*parser.app);
  check_values(*parser.app);
  return parser;
}

CommandDescription describe_commands() {
  CommandDescription bonescan{{},
                              "Finds bones and fractures on plain radiographs, in bulk",
                              "bonescan pipeline radiographs/ -o results/ --overlay",
                              {},
                              {}};
  const auto add_flag = [&](std::vector<std::string> names, const char* text) {
    OptionDescription flag;
    flag.names = std::move(names);
    flag.text = text;
    bonescan.options.push_back(std::move(flag));
  };
  add_flag({"-h", "--help"}, "Show the commands");
  add_flag({"--version"}, "Show the version");
  for (const Command& command : all_commands())
    bonescan.subcommands.push_back(describe(*make_parser(command).app, command.name));
  return bonescan;
}

}  // namespace bonescan
