// bonescan man
#include "bonescan/core/file.h"
#include "command.h"
#include "manual_page.h"
#include "shared_options.h"

namespace bonescan {

RunCommand add_man_command(CLI::App& app) {
  add_example(app, "bonescan man | man -l -");
  return [](const CommandContext&) {
    write_to_standard_output(manual_page(describe_commands()));
    return ExitCode::kSuccess;
  };
}

}  // namespace bonescan
