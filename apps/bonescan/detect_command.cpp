// bonescan detect
#include "scan_command.h"

namespace bonescan {

RunCommand add_detect_command(CLI::App& app) {
  return add_scan_command(app, ScanTask::kDetect,
                          "bonescan detect radiographs/ -o boxes/ --score-threshold 0.3 --format yolo,csv");
}

}  // namespace bonescan
