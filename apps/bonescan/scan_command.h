// What segment, detect and pipeline have in common: their options, and how the end of a run becomes an exit code.
#pragma once

#include <string>

#include "bonescan/scan/scan.h"
#include "command.h"

namespace bonescan {

// Also that of `merge`.
ExitCode exit_code(const ScanSummary& summary);

// Adds the options of one of the three commands to `app`; its help shows the example first.
RunCommand add_scan_command(CLI::App& app, ScanTask task, const std::string& example);

}  // namespace bonescan
