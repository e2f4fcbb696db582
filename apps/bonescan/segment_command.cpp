// bonescan segment
#include "scan_command.h"

namespace bonescan {

RunCommand add_segment_command(CLI::App& app) {
  return add_scan_command(app, ScanTask::kSegment, "bonescan segment radiographs/ -o bones/ --overlay");
}

}  // namespace bonescan
