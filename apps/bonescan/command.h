// The subcommands: each adds its options to a parser and gives back what runs it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "exit_code.h"

namespace bonescan {

struct CommandContext {
  Cancellation& cancellation;             // a command that asks it calls cancel_on_signals; others end at once
  std::vector<std::string> command_line;  // as the shell gave it, the program's name first
};

// Runs a subcommand after its options have been parsed. Throws UsageError.
using RunCommand = std::function<ExitCode(const CommandContext&)>;

struct Command {
  const char* name;
  const char* description;
  // `app` parses what follows the subcommand's name.
  RunCommand (*add_options)(CLI::App& app);
};

RunCommand add_segment_command(CLI::App& app);
RunCommand add_detect_command(CLI::App& app);
RunCommand add_pipeline_command(CLI::App& app);
RunCommand add_eval_command(CLI::App& app);
RunCommand add_merge_command(CLI::App& app);
RunCommand add_doctor_command(CLI::App& app);
RunCommand add_completion_command(CLI::App& app);
RunCommand add_man_command(CLI::App& app);

}  // namespace bonescan
