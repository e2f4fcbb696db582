// bonescan pipeline
#include "command.h"

namespace bonescan {

RunCommand add_pipeline_command(CLI::App&) {
  return [](const Cancellation&) { return ExitCode::kSuccess; };
}

}  // namespace bonescan
