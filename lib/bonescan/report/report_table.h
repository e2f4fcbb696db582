// The figures of a report as rows of text: what the terminal, report.md and report.html show.
#pragma once

#include <string>
#include <vector>

#include "bonescan/core/json.h"

namespace bonescan {

struct ReportRow {
  std::string name;      // "AP50"
  std::string value;     // four digits; "n/a" if undefined
  std::string interval;  // "0.31..0.52" or empty
};

struct ReportSection {
  std::string title;
  std::vector<ReportRow> rows;
  std::string definition;  // a sentence below the rows, or empty
};

// Figures of parts of the data, one row for each part.
struct ReportTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many cells as the header has
};

// A number with four decimals (counts as they are), "n/a" for null.
std::string figure_text(const Json& value);

// The sections of any report, in reading order.
std::vector<ReportSection> report_sections(const Json& report);

// By size, body region and class, those that the report has.
std::vector<ReportTable> report_tables(const Json& report);

// The whole table for a terminal, notes and gates at its end.
std::string terminal_table(const Json& report);

// "12 images, 8 boxes in the ground truth, 7 predicted".
std::string what_was_compared(const Json& report);

}  // namespace bonescan
