#include "manual_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bonescan/core/version.h"
#include "exit_code.h"

namespace bonescan {
namespace {

// Text as roff prints it: a hyphen that can be copied, no control line, no escape.
std::string roff(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else if (letter == '\'') {
      result += "\\(aq";
    } else {
      result += letter;
    }
  }
  return result.starts_with('.') ? "\\&" + result : result;
}

std::string full_name(const CommandDescription& command) {
  return command.name.empty() ? "bonescan" : "bonescan " + command.name;
}

std::string synopsis(const CommandDescription& command) {
  std::string text = fmt::format(".B {}\n[\\fIoptions\\fR]", roff(full_name(command)));
  for (const OptionDescription& option : command.options)
    if (option.names.empty()) text += fmt::format(" \\fI{}\\fR{}", roff(option.value), option.repeatable ? " ..." : "");
  return text + "\n";
}

std::string option_entry(const OptionDescription& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += fmt::format("{}\\fB{}\\fR", names.empty() ? "" : ", ", roff(name));
  if (!option.value.empty()) names += fmt::format("{}\\fI{}\\fR", names.empty() ? "" : " ", roff(option.value));
  return fmt::format(".TP\n{}\n{}\n", names, roff(option.text));
}

// In the order of their first options.
std::vector<std::string> groups(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const OptionDescription& option : command.options)
    if (!option.names.empty() && std::find(names.begin(), names.end(), option.group) == names.end())
      names.push_back(option.group);
  return names;
}

std::string command_section(const CommandDescription& command) {
  std::string text =
      fmt::format(".SS {}\n{}.\n.PP\n{}", roff(full_name(command)), roff(command.text), synopsis(command));
  text += fmt::format(".PP\nExample:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", roff(command.example));
  for (const OptionDescription& option : command.options)
    if (option.names.empty()) text += option_entry(option);
  for (const std::string& group : groups(command)) {
    text += fmt::format(".PP\n\\fI{}\\fR\n", roff(group));
    for (const OptionDescription& option : command.options)
      if (!option.names.empty() && option.group == group) text += option_entry(option);
  }
  return text;
}

// Commands that have subcommands only lead to them.
std::string command_sections(const CommandDescription& command) {
  if (command.subcommands.empty()) return command_section(command);
  std::string text;
  for (const CommandDescription& subcommand : command.subcommands) text += command_sections(subcommand);
  return text;
}

std::string exit_status(ExitCode code, const char* meaning) {
  return fmt::format(".TP\n.B {}\n{}\n", static_cast<int>(code), roff(meaning));
}

std::string exit_statuses() {
  return exit_status(ExitCode::kSuccess, "All done.") +
         exit_status(ExitCode::kInternalError,
                     "A bug in bonescan; or the results cannot be written (disk full, folder gone).") +
         exit_status(
             ExitCode::kUsage,
             "A bad option, a missing model or ground truth; nothing was written. Of doctor: a model does not work "
             "as it should.") +
         exit_status(ExitCode::kSomeInputsFailed,
                     "Finished, but some inputs failed; results.jsonl and run.json name them.") +
         exit_status(ExitCode::kRequirementNotMet, "eval: a requirement or a baseline was not met.") +
         exit_status(ExitCode::kNoInputProcessed, "No input could be processed.") +
         exit_status(ExitCode::kInterrupted, "Interrupted; what is finished is kept, and --resume goes on.");
}

}  // namespace

std::string manual_page(const CommandDescription& bonescan) {
  std::string text =
      fmt::format(".TH BONESCAN 1 {} \"bonescan {}\" \"User Commands\"\n", BONESCAN_BUILD_DATE, kVersion);
  text += fmt::format(".SH NAME\nbonescan \\- {}\n", roff("finds bones and fractures on plain radiographs, in bulk"));
  text += ".SH SYNOPSIS\n.B bonescan\n\\fIcommand\\fR [\\fIoptions\\fR] ...\n";
  text += fmt::format(".SH DESCRIPTION\n{}.\nIt is a research tool, not a medical device.\n", roff(bonescan.text));
  text += fmt::format(".PP\nExample:\n.PP\n.RS 4\n.nf\n{}\n.fi\n.RE\n", roff(bonescan.example));
  text += ".SH OPTIONS\n";
  for (const OptionDescription& option : bonescan.options) text += option_entry(option);
  text += ".SH COMMANDS\n";
  for (const CommandDescription& command : bonescan.subcommands) text += command_sections(command);
  text += ".SH EXIT STATUS\n" + exit_statuses();
  text += fmt::format(".SH ENVIRONMENT\n.TP\n.B BONESCAN_WEIGHTS\n{}\n",
                      roff("Folder of the default models, segnet.pt and ssd300_vgg16.pt."));
  return text;
}

}  // namespace bonescan
