// bonescan segment
#include "command.h"

namespace bonescan {

RunCommand add_segment_command(CLI::App&) {
  return [](const Cancellation&) { return ExitCode::kSuccess; };
}

}  // namespace bonescan
