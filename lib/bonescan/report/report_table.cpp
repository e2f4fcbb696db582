#include "bonescan/report/report_table.h"

#include <fmt/format.h>

#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/file_name.h"
#include "bonescan/report/figures.h"

namespace bonescan {
namespace {

using NamedFigures = std::vector<std::pair<const char*, const char*>>;  // member and what it is called

std::string interval_text(const Json& report, const std::string& name) {
  const auto interval = interval_of(report, find_figure(report, name));
  return interval ? fmt::format("{:.4f}..{:.4f}", interval->lower, interval->upper) : "";
}

ReportSection section(const Json& report, const std::string& title, const std::string& group,
                      const NamedFigures& figures) {
  ReportSection result;
  result.title = title;
  for (const auto& [member, name] : figures) {
    const std::string dotted = group + "." + member;
    result.rows.push_back({name, figure_text(report.at(group).at(member)), interval_text(report, dotted)});
  }
  return result;
}

ReportSection froc_section(const Json& report) {
  ReportSection result =
      section(report, "FROC: sensitivity at false positives per image", "froc_summary",
              {{"sensitivity_at_1_fp", "at 1 (step function)"}, {"mean_sensitivity", "mean of the seven below"}});
  for (const Json& point : report.at("froc"))
    result.rows.push_back({fmt::format("at {:g}", point.at("false_positives_per_image").get<double>()),
                           figure_text(point.at("sensitivity")), ""});
  result.definition = report.at("froc_summary").at("definition").get<std::string>();
  return result;
}

ReportSection operating_point_section(const Json& report) {
  ReportSection result = section(report, "Operating point", "operating_point",
                                 {{"score_threshold", "score threshold"},
                                  {"precision", "precision"},
                                  {"recall", "recall"},
                                  {"f1", "F1"},
                                  {"true_positives", "true positives"},
                                  {"false_positives", "false positives"},
                                  {"false_negatives", "false negatives"}});
  result.definition = "Score threshold: " + report.at("options").at("score_threshold_source").get<std::string>() + ".";
  if (const Json& best = report.at("best_f1"); best.at("score_threshold").is_number())
    result.definition += fmt::format(" The best F1 of all thresholds is {} at {}.", figure_text(best.at("f1")),
                                     figure_text(best.at("score_threshold")));
  return result;
}

std::vector<ReportSection> detection_sections(const Json& report) {
  std::vector<ReportSection> sections;
  sections.push_back(section(report, "Average precision and recall (COCO)", "metrics",
                             {{"ap", "AP (IoU 0.50:0.95)"},
                              {"ap50", "AP50"},
                              {"ap75", "AP75"},
                              {"ap_small", "AP small"},
                              {"ap_medium", "AP medium"},
                              {"ap_large", "AP large"},
                              {"ar_1", "AR 1"},
                              {"ar_10", "AR 10"},
                              {"ar_100", "AR 100"}}));
  sections.back().rows.back().name =
      "AR " + figure_text(report.at("options").at("max_detections"));  // the limit may be another
  sections.push_back(section(report, "Average precision (Pascal VOC, IoU 0.5)", "voc",
                             {{"ap50_11point", "11 points"}, {"ap50_all_points", "all points"}}));
  sections.push_back(section(report, "Image IoU and image AP50", "per_image",
                             {{"images", "images"},
                              {"images_excluded", "images excluded"},
                              {"iou_mean", "mean IoU"},
                              {"iou_max", "maximum IoU"},
                              {"ap50_mean", "mean AP50"},
                              {"ap50_max", "maximum AP50"}}));
  sections.back().definition = report.at("per_image").at("definition").get<std::string>();
  sections.push_back(operating_point_section(report));
  sections.push_back(froc_section(report));
  sections.push_back(section(report, "Image level", "image_level",
                             {{"positives", "images with a fracture"},
                              {"negatives", "images without"},
                              {"auc", "AUC"},
                              {"sensitivity", "sensitivity"},
                              {"specificity", "specificity"}}));
  return sections;
}

std::vector<ReportSection> segmentation_sections(const Json& report) {
  std::vector<ReportSection> sections;
  sections.push_back(section(report, "Masks", "metrics",
                             {{"iou_mean", "mean IoU"},
                              {"iou_max", "maximum IoU"},
                              {"iou_global", "IoU of all pixels"},
                              {"dice_mean", "mean Dice"},
                              {"dice_max", "maximum Dice"},
                              {"dice_global", "Dice of all pixels"},
                              {"pixel_accuracy", "pixel accuracy"},
                              {"boundary_f_mean", "boundary F at 2 px"}}));
  sections.back().rows.push_back({"both masks empty", figure_text(report.at("both_empty")), ""});
  return sections;
}

// What one row of a table shows of an object in the report.
std::vector<std::string> cells_of(const Json& row, const NamedFigures& columns) {
  std::vector<std::string> cells;
  for (const auto& [member, title] : columns) {
    const Json& value = row.at(member);
    cells.push_back(value.is_string() ? value.get<std::string>() : figure_text(value));
  }
  return cells;
}

// The table of a list in the report: a row for each element, its members as columns.
ReportTable table_of(const Json& list, const std::string& title, const NamedFigures& columns) {
  ReportTable table{title, {}, {}};
  for (const auto& [member, name] : columns) table.header.emplace_back(name);
  for (const Json& row : list) table.rows.push_back(cells_of(row, columns));
  return table;
}

}  // namespace

std::string what_was_compared(const Json& report) {
  const bool masks = report.at("task") == "segmentation";
  return fmt::format(
      "{}, {} in the ground truth, {} predicted", counted(report.at("images").get<std::size_t>(), "image", "images"),
      counted(report.at("ground_truth").get<std::size_t>(), masks ? "mask" : "box", masks ? "masks" : "boxes"),
      report.at("predictions").get<std::size_t>());
}

std::string figure_text(const Json& value) {
  if (value.is_null()) return "n/a";
  if (value.is_number_integer()) return fmt::format("{}", value.get<std::int64_t>());
  return fmt::format("{:.4f}", value.get<double>());
}

std::vector<ReportSection> report_sections(const Json& report) {
  return report.at("task") == "segmentation" ? segmentation_sections(report) : detection_sections(report);
}

std::vector<ReportTable> report_tables(const Json& report) {
  std::vector<ReportTable> tables;
  const auto add = [&](const char* member, const char* title, const NamedFigures& columns) {
    const Json list = report.value(member, Json::array());
    if (!list.empty()) tables.push_back(table_of(list, title, columns));
  };
  add("sizes", "By size of the ground-truth box",
      {{"size", "size"},
       {"ground_truth", "boxes"},
       {"found", "found at the operating point"},
       {"ap", "AP"},
       {"ar", "AR"}});
  add("regions", "By body region",
      {{"region", "region"},
       {"images", "images"},
       {"ground_truth", "boxes"},
       {"ap50", "AP50"},
       {"sensitivity_at_1_fp", "sensitivity at 1 FP"},
       {"precision", "precision"},
       {"recall", "recall"}});
  add("classes", "By class",
      {{"name", "class"},
       {"ground_truth", "boxes"},
       {"ap", "AP"},
       {"ap50", "AP50"},
       {"ap75", "AP75"},
       {"ar_100", "AR"},
       {"voc_ap50_all_points", "AP50 (VOC)"}});
  return tables;
}

std::string terminal_table(const Json& report) {
  std::string text = fmt::format("{}: {}\n", report.at("task").get<std::string>(), what_was_compared(report));
  for (const ReportSection& section : report_sections(report)) {
    text += fmt::format("\n{}\n", section.title);
    for (const ReportRow& row : section.rows) {
      const std::string line = fmt::format("  {:<28}{:>10}  {}", row.name, row.value, row.interval);
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
  }
  const Json notes = report.value("notes", Json::array());
  if (!notes.empty()) text += "\nNotes\n";
  for (const Json& note : notes) text += fmt::format("  - {}\n", to_one_line(note.get<std::string>()));
  const Json gates = report.value("gates", Json::array());
  if (!gates.empty()) text += "\nGates\n";
  for (const Json& gate : gates)
    text += fmt::format("  {}  {}\n", gate.at("met").get<bool>() ? "met    " : "NOT MET",
                        gate.at("sentence").get<std::string>());
  return text;
}

}  // namespace bonescan
