#include "bonescan/report/report_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

std::string table_text(const Json& table) {
  std::string text = "[";
  for (const Json& row : table) text += (text.size() > 1 ? ",\n    " : "\n    ") + to_json_line(row);
  return text + "\n  ]";
}

// `value` as the member of an object, its lines indented by two spaces.
std::string member_text(const Json& value) {
  if (is_table(value)) return table_text(value);
  std::string text = to_json_text(value);
  text.pop_back();
  std::string indented;
  for (const char character : text) {
    indented += character;
    if (character == '\n') indented += "  ";
  }
  return indented;
}

}  // namespace

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json::array({interval->lower, interval->upper}) : Json(nullptr);
}

std::string report_text(const Json& report) {
  std::string text = "{";
  for (const auto& [name, value] : report.items())
    text += fmt::format("{}\n  {}: {}", text.size() > 1 ? "," : "", to_json_line(Json(name)), member_text(value));
  return text + "\n}\n";
}

Json read_report(const std::filesystem::path& path) {
  Json report = read_json_file(path);
  if (!report.is_object() || !report.contains("schema") || report["schema"] != kReportSchema)
    throw UsageError(
        fmt::format("{} is not a report of bonescan eval: \"schema\" must be \"{}\"", path.string(), kReportSchema));
  return report;
}

}  // namespace bonescan
