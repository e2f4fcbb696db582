#include "bonescan/report/write_reports.h"

#include "bonescan/core/file.h"
#include "bonescan/report/html_report.h"
#include "bonescan/report/markdown_report.h"
#include "bonescan/report/report_json.h"

namespace bonescan {

void write_reports(const EvaluationOutcome& outcome, const std::filesystem::path& folder) {
  const std::array texts = {report_text(outcome.report), markdown_report(outcome.report), html_report(outcome)};
  for (std::size_t i = 0; i < texts.size(); ++i) write_file_atomically(folder / kReportNames[i], texts[i]);
}

}  // namespace bonescan
