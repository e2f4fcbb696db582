#include "bonescan/report/markdown_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "bonescan/report/report_table.h"

namespace bonescan {
namespace {

// As part of one line, of a table's cell too: what Markdown or HTML would take for markup stays text, names of files
// above all.
std::string escaped(const std::string& text) {
  constexpr std::string_view kMarkup = "\\|`*_[]#";
  std::string result;
  for (const char character : text) {
    if (character == '<') {
      result += "&lt;";
    } else if (character == '&') {
      result += "&amp;";
    } else if (character == '\n' || character == '\r') {
      result += ' ';
    } else {
      if (kMarkup.find(character) != std::string_view::npos) result += '\\';
      result += character;
    }
  }
  return result;
}

std::string row(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& one : cells) text += fmt::format(" {} |", escaped(one));
  return text + "\n";
}

std::string gates_text(const Json& gates) {
  if (gates.empty()) return "";
  const auto met =
      std::count_if(gates.begin(), gates.end(), [](const Json& gate) { return gate.at("met").get<bool>(); });
  std::string text = fmt::format("**Gates: {} of {} met**\n\n", met, gates.size());
  std::string passed;
  for (const Json& gate : gates) {
    const std::string line = fmt::format("- {} {}\n", gate.at("met").get<bool>() ? ":white_check_mark:" : ":x:",
                                         escaped(gate.at("sentence").get<std::string>()));
    (gate.at("met").get<bool>() ? passed : text) += line;
  }
  constexpr std::size_t kMostListed = 50;  // of many classes there are hundreds
  if (met > 0 && gates.size() > kMostListed) return text + fmt::format("\n{} met\n\n", met);
  if (!passed.empty()) text += fmt::format("\n<details><summary>{} met</summary>\n\n{}\n</details>\n", met, passed);
  return text + "\n";
}

std::string section_text(const ReportSection& section) {
  std::string text = row({section.title, "", "95 % interval"}) + "|---|---:|---|\n";
  for (const ReportRow& figure : section.rows) text += row({figure.name, figure.value, figure.interval});
  text += "\n";
  if (!section.definition.empty()) text += escaped(section.definition) + "\n\n";
  return text;
}

std::string table_text(const ReportTable& table) {
  std::string text = fmt::format("**{}**\n\n{}|---|", table.title, row(table.header));
  for (std::size_t i = 1; i < table.header.size(); ++i) text += "---:|";
  text += "\n";
  for (const std::vector<std::string>& cells : table.rows) text += row(cells);
  return text + "\n";
}

}  // namespace

std::string markdown_report(const Json& report) {
  std::string text =
      fmt::format("## bonescan eval: {}\n\n{}.\n\n", report.at("task").get<std::string>(), what_was_compared(report));
  text += gates_text(report.value("gates", Json::array()));
  for (const ReportSection& section : report_sections(report)) text += section_text(section);
  for (const ReportTable& table : report_tables(report)) text += table_text(table);
  for (const Json& note : report.value("notes", Json::array()))
    text += fmt::format("- {}\n", escaped(note.get<std::string>()));
  return text + "\nNot a medical device; figures of research software.\n";
}

}  // namespace bonescan
