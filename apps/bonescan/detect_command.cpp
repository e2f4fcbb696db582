// bonescan detect
#include "command.h"

namespace bonescan {

RunCommand add_detect_command(CLI::App&) {
  return [](const Cancellation&) { return ExitCode::kSuccess; };
}

}  // namespace bonescan
