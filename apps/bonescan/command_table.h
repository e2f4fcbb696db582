// The commands and their options as data, read from the parsers themselves: what --help, the completions of the shells
// and the manual page say comes from one place.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "command.h"

namespace bonescan {

// All commands, in the order in which help names them.
std::span<const Command> all_commands();

// A command's parser with all its options, and what runs it.
struct CommandParser {
  std::unique_ptr<CLI::App> app;
  RunCommand run;
};
CommandParser make_parser(const Command& command);

enum class ValueKind { kNone, kText, kChoice, kFile, kFolder, kFileOrFolder };

// An option, or with no names a positional argument.
struct OptionDescription {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // what help calls its value: "DIR"; empty for a flag
  ValueKind kind = ValueKind::kNone;
  std::vector<std::string> choices;  // kChoice
  bool list = false;                 // choices may be joined by commas
  bool repeatable = false;
  std::string text;
  std::string group;  // heading in the help
};

struct CommandDescription {
  std::string name;  // "eval detect"
  std::string text;
  std::string example;
  std::vector<OptionDescription> options;
  std::vector<CommandDescription> subcommands;
};

// bonescan itself: its name is empty, its subcommands are all_commands().
CommandDescription describe_commands();

}  // namespace bonescan
