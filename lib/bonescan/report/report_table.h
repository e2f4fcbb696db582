// The figures of a report as rows of text: what the terminal and report.md show.
#pragma once

#include <string>
#include <vector>

#include "bonescan/core/json.h"

namespace bonescan {

struct ReportRow {
  std::string name;      // "AP50 (IoU 0.5)"
  std::string value;     // four digits; "n/a" if undefined
  std::string interval;  // "0.31..0.52" or empty
};

struct ReportSection {
  std::string title;
  std::vector<ReportRow> rows;
  std::string definition;  // a sentence below the rows, or empty
};

// A number with four decimals (counts as they are), "n/a" for null.
std::string figure_text(const Json& value);

// The sections of any report, in reading order.
std::vector<ReportSection> report_sections(const Json& report);

// The whole table for a terminal, notes and gates at its end.
std::string terminal_table(const Json& report);

}  // namespace bonescan
