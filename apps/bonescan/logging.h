// Messages of the library on standard error, as text or as JSON.
#pragma once

#include <CLI/CLI.hpp>

namespace bonescan {

struct LogOptions {
  bool quiet = false;    // errors only
  bool verbose = false;  // everything
  bool json = false;     // one JSON object a line: "time", "level", "message"
};

// Adds -q, -v and --log-json, which write into `options`.
void add_log_options(CLI::App& app, LogOptions& options);

void set_up_logging(const LogOptions& options);

}  // namespace bonescan
