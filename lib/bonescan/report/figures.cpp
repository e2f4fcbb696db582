#include "bonescan/report/figures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/core/nearest_name.h"
#include "bonescan/metrics/coco_evaluation.h"

namespace bonescan {
namespace {

bool is_figure(const Json& value) {
  return value.is_number() || value.is_null();
}

std::optional<double> value_of(const Json& json) {
  return json.is_number() ? std::optional(json.get<double>()) : std::nullopt;
}

// Groups whose members are no figures: what was asked for, and what belongs to figures of other groups.
constexpr std::array kOtherGroups = {"options", "confidence_intervals", "baseline"};

// "group.member" for every figure one level down; a member with a dot in its own name is not one of ours.
std::vector<std::string> grouped_figures(const Json& report) {
  std::vector<std::string> names;
  for (const auto& [group, members] : report.items()) {
    const bool is_other = std::find(kOtherGroups.begin(), kOtherGroups.end(), group) != kOtherGroups.end();
    if (!members.is_object() || is_other) continue;
    for (const auto& [member, value] : members.items())
      if (is_figure(value) && find_by_path(report, group + "." + member) == &value)
        names.push_back(group + "." + member);
  }
  return names;
}

std::string first_part(const std::string& dotted) {
  return dotted.substr(0, dotted.find('.'));
}

std::string last_part(const std::string& dotted) {
  return dotted.substr(dotted.rfind('.') + 1);
}

struct Quality {
  std::string_view name;
  Direction direction = Direction::kHigherIsBetter;
  bool is_count = false;
};

constexpr std::array kGroupsOfShares = {"metrics", "voc", "at_iou_threshold", "per_image", "froc_summary"};

constexpr std::array<std::string_view, 3> kNotQuality = {"iou_threshold", "images", "images_excluded"};

constexpr std::array<Quality, 14> kNamedQuality = {{
    {"operating_point.precision"},
    {"operating_point.recall"},
    {"operating_point.f1"},
    {"operating_point.true_positives", Direction::kHigherIsBetter, true},
    {"operating_point.false_positives", Direction::kLowerIsBetter, true},
    {"operating_point.false_negatives", Direction::kLowerIsBetter, true},
    {"best_f1.f1"},
    {"image_level.auc"},
    {"image_level.sensitivity"},
    {"image_level.specificity"},
    {"image_level.true_positives", Direction::kHigherIsBetter, true},
    {"image_level.true_negatives", Direction::kHigherIsBetter, true},
    {"image_level.false_positives", Direction::kLowerIsBetter, true},
    {"image_level.false_negatives", Direction::kLowerIsBetter, true},
}};

std::optional<Quality> quality_of(const std::string& name) {
  const auto named = std::find_if(kNamedQuality.begin(), kNamedQuality.end(),
                                  [&](const Quality& quality) { return quality.name == name; });
  if (named != kNamedQuality.end()) return *named;
  const std::string group = first_part(name);
  if (std::find(kGroupsOfShares.begin(), kGroupsOfShares.end(), group) == kGroupsOfShares.end()) return std::nullopt;
  const bool excluded = std::find(kNotQuality.begin(), kNotQuality.end(), last_part(name)) != kNotQuality.end();
  return excluded ? std::nullopt : std::optional(Quality{});
}

void add_froc_points(const Json& report, std::vector<QualityFigure>& figures) {
  const auto froc = report.find("froc");
  if (froc == report.end() || !froc->is_array()) return;
  for (std::size_t i = 0; i < froc->size(); ++i) {
    const std::string name = fmt::format("froc.{}.sensitivity", i);
    if (const Json* value = find_by_path(report, name)) figures.push_back({{name, value_of(*value)}});
  }
}

// What a list of the report says of each part of the set.
struct PartList {
  std::string_view list;
  std::string_view name;  // the member that names the part
  std::vector<Quality> figures;
  std::size_t fewest = 1;  // parts, or the figures are the whole set's
};

std::vector<Quality> figures_of_class() {
  std::vector<Quality> figures;
  for (const NamedCocoFigure& named : kNamedCocoFigures) figures.push_back({named.name});
  figures.insert(figures.end(), {{"voc_ap50_11point"}, {"voc_ap50_all_points"}});
  return figures;
}

const std::vector<PartList>& part_lists() {
  static const std::vector<PartList> lists = {
      {"classes", "name", figures_of_class(), 2},
      {"sizes", "size", {{"found", Direction::kHigherIsBetter, true}}},
      {"regions", "region", {{"ap50"}, {"sensitivity_at_1_fp"}, {"precision"}, {"recall"}}}};
  return lists;
}

void add_parts(const Json& report, const PartList& parts, std::vector<QualityFigure>& figures) {
  const auto list = report.find(parts.list);
  if (list == report.end() || !list->is_array() || list->size() < parts.fewest) return;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json* const part = find_by_path((*list)[i], parts.name);
    if (!part || !part->is_string()) continue;
    for (const Quality& quality : parts.figures) {
      const std::string name = fmt::format("{}.{}.{}", parts.list, i, quality.name);
      if (const Json* value = find_by_path(report, name))
        figures.push_back({{name, value_of(*value)}, quality.direction, quality.is_count, part->get<std::string>()});
    }
  }
}

// "metrics.ap50" and "ap50": a figure may be written with or without its group.
std::vector<std::string> full_and_short(const std::vector<std::string>& dotted_names) {
  std::vector<std::string> names = dotted_names;
  for (const std::string& dotted : dotted_names) names.push_back(last_part(dotted));
  return names;
}

}  // namespace

Figure find_figure(const Json& report, const std::string& name) {
  if (const Json* value = find_by_path(report, name)) {
    if (!is_figure(*value)) throw UsageError(fmt::format("\"{}\" is not a number in the report", name));
    return {name, value_of(*value)};
  }
  const std::vector<std::string> all = grouped_figures(report);
  std::vector<std::string> candidates;
  std::copy_if(all.begin(), all.end(), std::back_inserter(candidates),
               [&](const std::string& dotted) { return last_part(dotted) == name; });
  if (candidates.empty())
    throw UsageError(fmt::format("there is no figure \"{}\"{}; the report has {}", name,
                                 did_you_mean(name, full_and_short(all)), fmt::join(all, ", ")));
  // The operating point's figures are what a short name means: "precision" is not that of the best F1.
  const std::string preferred = "operating_point." + name;
  if (std::find(candidates.begin(), candidates.end(), preferred) != candidates.end()) candidates = {preferred};
  if (candidates.size() > 1)
    throw UsageError(fmt::format("\"{}\" is not unique; it can be {}", name, fmt::join(candidates, ", ")));
  return {candidates[0], value_of(*find_by_path(report, candidates[0]))};
}

std::optional<Interval> interval_of(const Json& report, const Figure& figure) {
  // Only these groups own the names that confidence_intervals uses.
  const std::string last = last_part(figure.name);
  const std::string group = first_part(figure.name);
  constexpr std::array kOwners = {"metrics", "per_image", "froc_summary", "image_level"};
  if (std::find(kOwners.begin(), kOwners.end(), group) == kOwners.end()) return std::nullopt;
  const Json* interval = find_by_path(report, "confidence_intervals." + last);
  if (!interval || !interval->is_array() || interval->size() != 2) return std::nullopt;
  return Interval{(*interval)[0].get<double>(), (*interval)[1].get<double>()};
}

bool are_same(const QualityFigure& one, const QualityFigure& other) {
  if (one.part != other.part) return false;
  if (one.part.empty()) return one.figure.name == other.figure.name;
  return first_part(one.figure.name) == first_part(other.figure.name) &&
         last_part(one.figure.name) == last_part(other.figure.name);
}

std::vector<QualityFigure> quality_figures(const Json& report) {
  std::vector<QualityFigure> figures;
  for (const std::string& name : grouped_figures(report)) {
    if (const auto quality = quality_of(name))
      figures.push_back({{name, value_of(*find_by_path(report, name))}, quality->direction, quality->is_count});
  }
  add_froc_points(report, figures);
  for (const PartList& parts : part_lists()) add_parts(report, parts, figures);
  return figures;
}

}  // namespace bonescan
