// The files of a finished evaluation.
#pragma once

#include <filesystem>

#include "bonescan/report/evaluate.h"

namespace bonescan {

inline constexpr const char* kReportName = "report.json";

// Writes report.json, report.md and report.html into `folder`, which is made if missing. Throws OutputError.
void write_reports(const EvaluationOutcome& outcome, const std::filesystem::path& folder);

}  // namespace bonescan
