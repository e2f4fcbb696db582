#include "bonescan/report/html_report.h"

#include <kainjow/mustache.hpp>
#include <variant>
#include <vector>

#include "bonescan/core/version.h"
#include "bonescan/report/charts.h"
#include "bonescan/report/html_template.h"
#include "bonescan/report/pictures.h"
#include "bonescan/report/report_table.h"

namespace bonescan {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

data list_of_texts(const std::vector<std::string>& texts) {
  data list{data::type::list};
  for (const std::string& text : texts) list.push_back(data{"text", text});
  return list;
}

data sections_data(const Json& report) {
  data list{data::type::list};
  for (const ReportSection& section : report_sections(report)) {
    data rows{data::type::list};
    for (const ReportRow& row : section.rows) {
      data one;
      one.set("name", row.name);
      one.set("value", row.value);
      one.set("interval", row.interval);
      rows.push_back(one);
    }
    data one;
    one.set("title", section.title);
    one.set("rows", rows);
    if (section.definition.empty()) {
      one.set("definition", data{false});
    } else {
      one.set("definition", section.definition);
    }
    list.push_back(one);
  }
  return list;
}

data gates_data(const Json& gates) {
  data list{data::type::list};
  for (const Json& gate : gates) {
    const bool met = gate.at("met").get<bool>();
    data one;
    one.set("class", met ? "met" : "missed");
    one.set("verdict", met ? "met" : "not met");
    one.set("sentence", gate.at("sentence").get<std::string>());
    list.push_back(one);
  }
  return list;
}

data charts_data(const EvaluationOutcome& outcome) {
  data list{data::type::list};
  for (const Chart& chart :
       std::visit([](const auto& evaluation) { return charts_of(evaluation); }, outcome.evaluation)) {
    data one;
    one.set("title", chart.title);
    one.set("svg", chart.svg);
    one.set("caption", chart.caption);
    list.push_back(one);
  }
  return list;
}

data tables_data(const Json& report) {
  data list{data::type::list};
  for (const ReportTable& table : report_tables(report)) {
    data rows{data::type::list};
    for (const std::vector<std::string>& cells : table.rows) {
      data one;
      one.set("cells", list_of_texts(cells));
      rows.push_back(one);
    }
    data one;
    one.set("title", table.title);
    one.set("header", list_of_texts(table.header));
    one.set("rows", rows);
    list.push_back(one);
  }
  return list;
}

data galleries_data(const EvaluationOutcome& outcome) {
  data list{data::type::list};
  for (const Gallery& gallery : make_galleries(outcome)) {
    data pictures{data::type::list};
    for (const Picture& picture : gallery.pictures) {
      data one;
      one.set("data_uri", picture.data_uri);
      one.set("caption", picture.caption);
      pictures.push_back(one);
    }
    data one;
    one.set("title", gallery.title);
    one.set("pictures", pictures);
    list.push_back(one);
  }
  return list;
}

}  // namespace

std::string html_report(const EvaluationOutcome& outcome) {
  const Json& report = outcome.report;
  std::vector<std::string> notes;
  for (const Json& note : report.value("notes", Json::array())) notes.push_back(note.get<std::string>());

  data page;
  page.set("task", report.at("task").get<std::string>());
  page.set("what_was_compared", what_was_compared(report));
  page.set("ground_truth_source", report.at("sources").at("ground_truth").get<std::string>());
  page.set("predictions_source", report.at("sources").at("predictions").get<std::string>());
  page.set("sections", sections_data(report));
  page.set("has_gates", data{!outcome.gates.empty()});
  page.set("gates", gates_data(report.value("gates", Json::array())));
  const data charts = charts_data(outcome);
  page.set("has_charts", data{!charts.list_value().empty()});
  page.set("charts", charts);
  page.set("tables", tables_data(report));
  page.set("galleries", galleries_data(outcome));
  page.set("has_notes", data{!notes.empty()});
  page.set("notes", list_of_texts(notes));
  page.set("version", std::string(kVersion));
  mustache page_template(kHtmlTemplate);
  return page_template.render(page);
}

}  // namespace bonescan
