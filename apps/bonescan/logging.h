// Messages of the library on standard error, as text or as JSON.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace bonescan {

struct LogOptions {
  bool quiet = false;    // errors only, even if verbose is set
  bool verbose = false;  // everything
  bool json = false;     // one JSON object a line: "time", "level", "message"
};

// Adds -q, -v and --log-json, which write into `options`, to a group of the help.
void add_log_options(CLI::App& app, LogOptions& options, const std::string& group = "Run");

void set_up_logging(const LogOptions& options);

// Tells why the command fails: "COMMAND: MESSAGE", or an object like the other messages where these are JSON.
void report_failure(const std::string& command, const std::string& message);

}  // namespace bonescan
