#include "bonescan/report/write_reports.h"

#include "bonescan/core/file.h"
#include "bonescan/report/html_report.h"
#include "bonescan/report/markdown_report.h"
#include "bonescan/report/report_json.h"

namespace bonescan {

void write_reports(const EvaluationOutcome& outcome, const std::filesystem::path& folder) {
  write_file_atomically(folder / kReportName, report_text(outcome.report));
  write_file_atomically(folder / "report.md", markdown_report(outcome.report));
  write_file_atomically(folder / "report.html", html_report(outcome));
}

}  // namespace bonescan
