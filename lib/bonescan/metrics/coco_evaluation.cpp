#include "bonescan/metrics/coco_evaluation.h"

#include <algorithm>
#include <numeric>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

enum AreaRange : std::size_t { all_areas, small_area, medium_area, large_area, area_range_count };

struct Limits {
  double lowest = 0.0;
  double highest = 0.0;

  bool hold(double area) const { return area >= lowest && area <= highest; }
};

constexpr std::array<Limits, area_range_count> area_ranges{
    {{0.0, 1e10}, {0.0, 32.0 * 32.0}, {32.0 * 32.0, 96.0 * 96.0}, {96.0 * 96.0, 1e10}}};

// One bit for each IoU threshold.
struct Flags {
  std::uint16_t hit = 0;
  std::uint16_t ignored = 0;
};

// One detection of the class at hand, matched in every area range at every threshold.
struct RankedDetection {
  double score = 0.0;
  std::uint32_t rank = 0;  // in its image, from 0
  std::array<Flags, area_range_count> flags;
};

struct RankedClass {
  std::vector<RankedDetection> detections;  // of all images, descending score
  std::array<std::size_t, area_range_count> ground_truth{};
};

// Matches one cell in one area range at all thresholds; `flags` belong to the cell's detections.
void match_cell(const EvaluationSet& set, const Cell& cell, const Limits& limits, CellMatcher& matcher,
                std::span<const std::uint8_t> ignored, std::span<RankedDetection> detections, AreaRange range) {
  const auto thresholds = coco_iou_thresholds();
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const std::span<const int> matches = matcher.match(thresholds[t], ignored);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const bool matched = matches[i] != CellMatcher::unmatched;
      const bool ignore =
          matched ? ignored[matches[i]] != 0 : !limits.hold(area(set.detections[cell.detections[i]].box));
      Flags& flags = detections[i].flags[range];
      if (ignore) flags.ignored |= static_cast<std::uint16_t>(1u << t);
      if (matched && !ignore) flags.hit |= static_cast<std::uint16_t>(1u << t);
    }
  }
}

RankedClass rank_class(const EvaluationSet& set, std::span<const Cell> cells) {
  RankedClass result;
  CellMatcher matcher;
  std::vector<std::uint8_t> ignored;
  for (const Cell& cell : cells) {
    const std::size_t first = result.detections.size();
    for (std::size_t i = 0; i < cell.detections.size(); ++i) {
      result.detections.push_back({set.detections[cell.detections[i]].score, static_cast<std::uint32_t>(i), {}});
    }
    matcher.load(set, cell, coco_iou_thresholds().front());
    for (std::size_t range = 0; range < area_range_count; ++range) {
      ignored.clear();
      for (const std::uint32_t index : cell.ground_truth) {
        const GroundTruthBox& truth = set.ground_truth[index];
        ignored.push_back(is_ignored(truth) || !area_ranges[range].hold(truth.area));
      }
      result.ground_truth[range] += static_cast<std::size_t>(std::count(ignored.begin(), ignored.end(), 0));
      match_cell(set, cell, area_ranges[range], matcher, ignored, std::span(result.detections).subspan(first),
                 static_cast<AreaRange>(range));
    }
  }
  std::stable_sort(result.detections.begin(), result.detections.end(),
                   [](const RankedDetection& a, const RankedDetection& b) { return a.score > b.score; });
  return result;
}

std::vector<RankedHit> ranked_hits(const RankedClass& ranked, AreaRange range, std::size_t threshold) {
  std::vector<RankedHit> hits;
  RankedHit counts;
  for (const RankedDetection& detection : ranked.detections) {
    const Flags flags = detection.flags[range];
    if (flags.ignored >> threshold & 1u) continue;
    counts.counted += 1.0;
    if (!(flags.hit >> threshold & 1u)) continue;
    counts.hits += 1.0;
    hits.push_back(counts);
  }
  return hits;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::array<double, coco_iou_threshold_count> precisions_by_threshold(const RankedClass& ranked, AreaRange range) {
  std::array<double, coco_iou_threshold_count> precisions;
  for (std::size_t t = 0; t < precisions.size(); ++t) {
    precisions[t] = average_precision(ranked_hits(ranked, range, t), static_cast<double>(ranked.ground_truth[range]));
  }
  return precisions;
}

std::optional<double> average_precision_in(const RankedClass& ranked, AreaRange range) {
  if (ranked.ground_truth[range] == 0) return std::nullopt;
  return mean(precisions_by_threshold(ranked, range));
}

// Mean over the thresholds of the recall that at most `limit` detections per image reach.
std::optional<double> average_recall_in(const RankedClass& ranked, AreaRange range, std::uint32_t limit = UINT32_MAX) {
  if (ranked.ground_truth[range] == 0) return std::nullopt;
  std::array<double, coco_iou_threshold_count> recalls;
  for (std::size_t t = 0; t < recalls.size(); ++t) {
    const auto hits =
        std::count_if(ranked.detections.begin(), ranked.detections.end(), [&](const RankedDetection& detection) {
          return detection.rank < limit && (detection.flags[range].hit >> t & 1u);
        });
    recalls[t] = static_cast<double>(hits) / static_cast<double>(ranked.ground_truth[range]);
  }
  return mean(recalls);
}

CocoFigures figures_of_class(const RankedClass& ranked) {
  CocoFigures figures;
  if (ranked.ground_truth[all_areas] > 0) {
    const auto precisions = precisions_by_threshold(ranked, all_areas);
    figures.ap = mean(precisions);
    figures.ap50 = precisions[0];
    figures.ap75 = precisions[5];
  }
  figures.ap_small = average_precision_in(ranked, small_area);
  figures.ap_medium = average_precision_in(ranked, medium_area);
  figures.ap_large = average_precision_in(ranked, large_area);
  figures.ar_1 = average_recall_in(ranked, all_areas, 1);
  figures.ar_10 = average_recall_in(ranked, all_areas, 10);
  figures.ar_100 = average_recall_in(ranked, all_areas);
  figures.ar_small = average_recall_in(ranked, small_area);
  figures.ar_medium = average_recall_in(ranked, medium_area);
  figures.ar_large = average_recall_in(ranked, large_area);
  return figures;
}

// The mean over the classes in which the figure is defined.
CocoFigures mean_over_classes(std::span<const CocoClass> classes) {
  CocoFigures means;
  for (std::optional<double> CocoFigures::*figure :
       {&CocoFigures::ap, &CocoFigures::ap50, &CocoFigures::ap75, &CocoFigures::ap_small, &CocoFigures::ap_medium,
        &CocoFigures::ap_large, &CocoFigures::ar_1, &CocoFigures::ar_10, &CocoFigures::ar_100, &CocoFigures::ar_small,
        &CocoFigures::ar_medium, &CocoFigures::ar_large}) {
    std::vector<double> values;
    for (const CocoClass& one : classes) {
      if (one.figures.*figure) values.push_back(*(one.figures.*figure));
    }
    if (!values.empty()) means.*figure = mean(values);
  }
  return means;
}

CocoClass evaluate_class(std::int64_t category_id, const RankedClass& ranked) {
  CocoClass result;
  result.category_id = category_id;
  result.ground_truth = ranked.ground_truth[all_areas];
  result.figures = figures_of_class(ranked);
  if (result.ground_truth > 0) {
    const auto precisions =
        interpolated_precision(ranked_hits(ranked, all_areas, 0), static_cast<double>(result.ground_truth));
    result.precision_at_recalls.assign(precisions.begin(), precisions.end());
  }
  return result;
}

}  // namespace

std::array<double, coco_iou_threshold_count> coco_iou_thresholds() {
  std::array<double, coco_iou_threshold_count> thresholds;
  const double step = (0.95 - 0.5) / 9.0;
  for (std::size_t i = 0; i < thresholds.size(); ++i) thresholds[i] = static_cast<double>(i) * step + 0.5;
  thresholds.back() = 0.95;
  return thresholds;
}

CocoEvaluation evaluate_coco(const EvaluationSet& set, int max_detections) {
  const Cells cells = make_cells(set, max_detections);
  CocoEvaluation result;
  for (std::size_t category = 0; category < cells.category_ids.size(); ++category) {
    const RankedClass ranked = rank_class(set, cells_of_category(cells, category));
    result.classes.push_back(evaluate_class(cells.category_ids[category], ranked));
  }
  result.figures = mean_over_classes(result.classes);
  return result;
}

}  // namespace bonescan
