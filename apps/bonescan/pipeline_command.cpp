// bonescan pipeline
#include "scan_command.h"

namespace bonescan {

RunCommand add_pipeline_command(CLI::App& app) {
  return add_scan_command(app, ScanTask::kPipeline, "bonescan pipeline radiographs/ -o results/ --overlay");
}

}  // namespace bonescan
