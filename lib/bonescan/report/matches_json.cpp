#include "bonescan/report/matches_json.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "bonescan/core/file_name.h"

namespace bonescan {
namespace {

constexpr unsigned kWithinLimit = 1, kFrocTruePositive = 2, kFrocIgnored = 4;

std::vector<ClassMatches> matches_from_json(const Json& json) {
  std::vector<ClassMatches> classes;
  for (const Json& row : json) {
    ClassMatches of_class;
    of_class.category_id = row.at("category_id").get<std::int64_t>();
    of_class.ground_truth = row.at("ground_truth").get<std::size_t>();
    for (std::size_t i = 0; i < row.at("score").size(); ++i) {
      ScoredMatch match;
      match.score = row.at("score").at(i).get<double>();
      match.true_positive = row.at("hit").at(i).get<std::uint16_t>();
      match.ignored = row.at("ignored").at(i).get<std::uint16_t>();
      const auto flags = row.at("flags").at(i).get<unsigned>();
      match.within_limit = (flags & kWithinLimit) != 0;
      match.froc_true_positive = (flags & kFrocTruePositive) != 0;
      match.froc_ignored = (flags & kFrocIgnored) != 0;
      of_class.matches.push_back(match);
    }
    classes.push_back(std::move(of_class));
  }
  return classes;
}

// The number of boxes of each class that has any.
std::map<std::int64_t, std::size_t> ground_truth_of(const ImageMatches& row) {
  std::map<std::int64_t, std::size_t> counts;
  for (const ClassMatches& matches : row.classes)
    if (matches.ground_truth > 0) counts[matches.category_id] = matches.ground_truth;
  return counts;
}

}  // namespace

Json matches_json(const std::vector<ClassMatches>& classes) {
  Json json = Json::array();
  for (const ClassMatches& of_class : classes) {
    Json scores = Json::array(), hits = Json::array(), ignored = Json::array(), flags = Json::array();
    for (const ScoredMatch& match : of_class.matches) {
      scores.push_back(match.score);
      hits.push_back(match.true_positive);
      ignored.push_back(match.ignored);
      flags.push_back((match.within_limit ? kWithinLimit : 0) | (match.froc_true_positive ? kFrocTruePositive : 0) |
                      (match.froc_ignored ? kFrocIgnored : 0));
    }
    json.push_back({{"category_id", of_class.category_id},
                    {"ground_truth", of_class.ground_truth},
                    {"score", std::move(scores)},
                    {"hit", std::move(hits)},
                    {"ignored", std::move(ignored)},
                    {"flags", std::move(flags)}});
  }
  return json;
}

std::optional<std::vector<ImageMatches>> rows_of_report(const Json& report, const DetectionEvaluation& evaluation) {
  try {
    const Json& details = report.at("images_detail");
    if (details.size() != evaluation.dataset.images.size()) return std::nullopt;
    std::vector<ImageMatches> rows;
    for (std::size_t i = 0; i < details.size(); ++i) {
      const DatasetImage& image = evaluation.dataset.images[i];
      const Json& detail = details.at(i);
      if (detail.at("image_id") != image.id || detail.at("file") != name_to_text(image.file_name)) return std::nullopt;
      ImageMatches row;
      row.image_id = image.id;
      if (const Json& iou = detail.at("image_iou"); !iou.is_null()) row.image_iou = iou.get<double>();
      row.classes = matches_from_json(detail.at("matches"));
      if (ground_truth_of(row) != ground_truth_of(evaluation.rows.at(i))) return std::nullopt;
      rows.push_back(std::move(row));
    }
    return rows;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

}  // namespace bonescan
