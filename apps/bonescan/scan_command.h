// What segment, detect and pipeline have in common: their options, and how a run's end becomes an exit code.
#pragma once

#include <string>

#include "bonescan/scan/scan.h"
#include "command.h"

namespace bonescan {

// Adds the options of one of the three commands to `app`; its help shows the example first.
RunCommand add_scan_command(CLI::App& app, ScanTask task, const std::string& example);

}  // namespace bonescan
