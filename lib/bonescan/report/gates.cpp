#include "bonescan/report/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <pugixml.hpp>
#include <sstream>

#include "bonescan/core/error.h"
#include "bonescan/dataset/number.h"
#include "bonescan/dataset/text_lines.h"
#include "bonescan/report/figures.h"

namespace bonescan {
namespace {

// Figures are computed in floating point: what differs by less is equal.
constexpr double kTolerance = 1e-9;

// Four digits, or as many more as show that the value is not `other`; counts as whole numbers.
std::string value_text(const std::optional<double>& value, const std::optional<double>& other = std::nullopt) {
  constexpr int kMostDigits = 17;
  if (!value) return "undefined";
  if (*value == std::floor(*value) && std::abs(*value) < 1e15) return fmt::format("{:.0f}", *value + 0.0);
  int digits = 4;
  const auto text = [&](double number) { return fmt::format("{:.{}g}", number, digits); };
  const bool differs = other && std::abs(*value - *other) > kTolerance;
  while (differs && digits < kMostDigits && text(*value) == text(*other)) ++digits;
  return text(*value);
}

std::string interval_text(const std::optional<Interval>& interval) {
  return interval ? fmt::format(" (95 % interval {:.4g}..{:.4g})", interval->lower, interval->upper) : "";
}

bool holds(double value, const Requirement& requirement) {
  switch (requirement.comparison) {
    case Comparison::kAtLeast:
      return value >= requirement.bound - kTolerance;
    case Comparison::kAtMost:
      return value <= requirement.bound + kTolerance;
    case Comparison::kEqual:
      return std::abs(value - requirement.bound) <= kTolerance;
  }
  return false;
}

std::string bound_text(const Requirement& requirement, const std::optional<double>& value) {
  const std::string bound = value_text(requirement.bound, value);
  switch (requirement.comparison) {
    case Comparison::kAtLeast:
      return "at least " + bound;
    case Comparison::kAtMost:
      return "at most " + bound;
    case Comparison::kEqual:
      return bound;
  }
  return {};
}

std::string difference_text(const std::string& name, const DifferencesByName& differences) {
  const auto found = differences.find(name);
  if (found == differences.end()) return "";
  const PairedDifference& paired = found->second;
  const std::string interval = fmt::format("; paired bootstrap: 95 % interval of the difference {:+.4g}..{:+.4g}",
                                           paired.interval.lower, paired.interval.upper);
  if (std::abs(paired.difference) <= kTolerance) return interval;
  const bool worse = paired.difference < 0.0;
  return fmt::format("{}, share of resamples without {} {:.3g}", interval, worse ? "a drop" : "a gain",
                     worse ? paired.probability_not_worse : paired.probability_not_better);
}

GateResult compare(const QualityFigure& current, const Figure& baseline, const Json& report, double max_drop,
                   const DifferencesByName& differences) {
  GateResult result;
  const std::string& name = current.figure.name;
  result.name = "baseline " + name;
  const std::string now = fmt::format("{} is {}{}", name, value_text(current.figure.value, baseline.value),
                                      interval_text(interval_of(report, current.figure)));
  if (!baseline.value || !current.figure.value) {
    result.met = !baseline.value;
    result.sentence = fmt::format("{}; the baseline has {}", now, value_text(baseline.value));
    return result;
  }
  const double sign = current.direction == Direction::kHigherIsBetter ? 1.0 : -1.0;
  const double drop = sign * (*baseline.value - *current.figure.value);
  const double allowed = current.is_count ? max_drop * *baseline.value : max_drop;
  result.met = drop <= allowed + kTolerance;
  const std::string change = std::abs(drop) <= kTolerance ? std::string("the same as")
                             : drop > 0.0                 ? fmt::format("worse by {} than", value_text(drop, allowed))
                                                          : fmt::format("better by {} than", value_text(-drop));
  result.sentence = fmt::format("{}, {} the baseline's {}; {} worse is allowed{}", now, change,
                                value_text(baseline.value, current.figure.value), value_text(allowed, drop),
                                difference_text(name, differences));
  return result;
}

}  // namespace

Requirement parse_requirement(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, Comparison>, 3> kOperators = {
      {{">=", Comparison::kAtLeast}, {"<=", Comparison::kAtMost}, {"==", Comparison::kEqual}}};
  for (const auto& [symbol, comparison] : kOperators) {
    const std::size_t position = text.find(symbol);
    if (position == std::string::npos) continue;
    const std::string name(trimmed(std::string_view(text).substr(0, position)));
    const auto bound = parse_number(trimmed(std::string_view(text).substr(position + symbol.size())));
    if (!name.empty() && bound) return {text, name, comparison, *bound};
  }
  throw UsageError(
      fmt::format("--require '{}' is not a requirement; write it as 'ap50>=0.40' with >=, <= or ==", text));
}

GateResult check_requirement(const Json& report, const Requirement& requirement) {
  Figure figure;
  try {
    figure = find_figure(report, requirement.figure);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("--require '{}': {}", requirement.text, error.what()));
  }
  GateResult result;
  result.name = requirement.text;
  result.met = figure.value && holds(*figure.value, requirement);
  result.sentence = fmt::format("{} is {}{}; {} is required", figure.name, value_text(figure.value, requirement.bound),
                                interval_text(interval_of(report, figure)), bound_text(requirement, figure.value));
  return result;
}

std::vector<GateResult> check_baseline(const Json& report, const Json& baseline, double max_drop,
                                       const DifferencesByName& differences) {
  if (baseline.value("task", Json()) != report.at("task"))
    throw UsageError(fmt::format("--baseline is a report of the task {}, this is {}",
                                 to_json_line(baseline.value("task", Json())), to_json_line(report.at("task"))));
  const std::vector<QualityFigure> earlier = quality_figures(baseline);
  std::vector<GateResult> results;
  for (const QualityFigure& current : quality_figures(report)) {
    const auto same = std::find_if(earlier.begin(), earlier.end(),
                                   [&](const QualityFigure& figure) { return are_same(figure, current); });
    if (same != earlier.end()) results.push_back(compare(current, same->figure, report, max_drop, differences));
  }
  if (results.empty()) throw UsageError("--baseline shares no figure with this report");
  return results;
}

bool all_met(const std::vector<GateResult>& results) {
  return std::all_of(results.begin(), results.end(), [](const GateResult& result) { return result.met; });
}

std::string junit_xml(const std::vector<GateResult>& results) {
  const auto failures = std::count_if(results.begin(), results.end(), [](const GateResult& r) { return !r.met; });
  pugi::xml_document document;
  pugi::xml_node suite = document.append_child("testsuites").append_child("testsuite");
  suite.append_attribute("name").set_value("bonescan eval");
  suite.append_attribute("tests").set_value(static_cast<unsigned long long>(results.size()));
  suite.append_attribute("failures").set_value(static_cast<long long>(failures));
  for (const GateResult& result : results) {
    pugi::xml_node test = suite.append_child("testcase");
    test.append_attribute("classname").set_value("bonescan.eval");
    test.append_attribute("name").set_value(result.name.c_str());
    if (result.met) {
      test.append_child("system-out").text().set(result.sentence.c_str());
    } else {
      test.append_child("failure").append_attribute("message").set_value(result.sentence.c_str());
    }
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

}  // namespace bonescan
