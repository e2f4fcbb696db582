// What all reports in JSON share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bonescan/core/json.h"
#include "bonescan/metrics/intervals.h"

namespace bonescan {

inline constexpr const char* kReportSchema = "bonescan.eval/1";

// [lower, upper], or null.
Json interval_json(const std::optional<Interval>& interval);

// The report as text: two spaces of indentation, but every row of a list of objects on one line, so
// that a report with thousands of images stays readable and small.
std::string report_text(const Json& report);

// Reads a report.json of ours. Throws UsageError if it is none.
Json read_report(const std::filesystem::path& path);

}  // namespace bonescan
