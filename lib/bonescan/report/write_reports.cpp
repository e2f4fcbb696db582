#include "bonescan/report/write_reports.h"

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "bonescan/report/html_report.h"
#include "bonescan/report/markdown_report.h"
#include "bonescan/report/report_json.h"

namespace bonescan {

bool holds_report(const std::filesystem::path& folder) {
  return begins_with_schema(folder / kReportName, kReportSchema);
}

void write_reports(const EvaluationOutcome& outcome, const std::filesystem::path& folder) {
  // The pictures of the last one are read again, which may fail: the figures are safe then.
  write_file_atomically(folder / kReportNames[0], report_text(outcome.report));
  write_file_atomically(folder / kReportNames[1], markdown_report(outcome.report));
  write_file_atomically(folder / kReportNames[2], html_report(outcome));
}

}  // namespace bonescan
