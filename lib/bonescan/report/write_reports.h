// The files of a finished evaluation.
#pragma once

#include <array>
#include <filesystem>

#include "bonescan/report/evaluate.h"

namespace bonescan {

inline constexpr const char* kReportName = "report.json";
inline constexpr std::array kReportNames = {kReportName, "report.md", "report.html"};

// Whether the folder has a report.json of ours.
bool holds_report(const std::filesystem::path& folder);

// Writes the reports into `folder`, which is made if missing. Throws OutputError.
void write_reports(const EvaluationOutcome& outcome, const std::filesystem::path& folder);

}  // namespace bonescan
