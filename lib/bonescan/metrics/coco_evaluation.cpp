#include "bonescan/metrics/coco_evaluation.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>

#include "bonescan/metrics/cell_matcher.h"
#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

enum class AreaRange : std::size_t { kAll, kSmall, kMedium, kLarge };

constexpr std::array kAreaRanges = {AreaRange::kAll, AreaRange::kSmall, AreaRange::kMedium, AreaRange::kLarge};

template <typename Value>
struct ByAreaRange {
  std::array<Value, kAreaRanges.size()> values{};

  constexpr Value& operator[](AreaRange range) { return values[static_cast<std::size_t>(range)]; }
  constexpr const Value& operator[](AreaRange range) const { return values[static_cast<std::size_t>(range)]; }
};

struct Limits {
  double lowest = 0.0;
  double highest = 0.0;

  bool hold(double area) const { return area >= lowest && area <= highest; }
};

constexpr ByAreaRange<Limits> kAreaLimits{
    {{{0.0, 1e10}, {0.0, kCocoLargestSmall}, {kCocoLargestSmall, kCocoLargestMedium}, {kCocoLargestMedium, 1e10}}}};

// One bit for each IoU threshold.
struct Flags {
  std::uint16_t true_positive = 0;
  std::uint16_t ignored = 0;
};

constexpr std::uint16_t kEveryThreshold = (1u << kCocoIouThresholdCount) - 1;

// One detection of the class at hand, matched in every area range at every threshold.
struct RankedDetection {
  double score = 0.0;
  std::uint32_t rank = 0;  // in its image, from 0
  ByAreaRange<Flags> flags;
};

struct RankedClass {
  std::vector<RankedDetection> detections;  // of all images, descending score
  ByAreaRange<std::size_t> ground_truth;    // boxes that count
};

using ByThreshold = std::array<double, kCocoIouThresholdCount>;

// Matches one cell in one area range at all thresholds; `detections` are those of the cell.
void match_cell(const EvaluationSet& set, const Cell& cell, AreaRange range, std::span<const std::uint8_t> ignored,
                CellMatcher& matcher, std::span<RankedDetection> detections) {
  static const auto thresholds = coco_iou_thresholds();
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const bool in_range = kAreaLimits[range].hold(area(set.detections[cell.detections[i]].box));
    detections[i].flags[range].ignored = in_range ? 0 : kEveryThreshold;
  }
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const auto bit = static_cast<std::uint16_t>(1u << t);
    const std::span<const int> matches = matcher.match(thresholds[t], ignored);
    for (const std::uint32_t i : matcher.candidates()) {
      if (matches[i] == CellMatcher::kUnmatched) continue;
      // What matches goes by its ground truth, whatever its own area.
      Flags& flags = detections[i].flags[range];
      flags.ignored &= static_cast<std::uint16_t>(~bit);
      (ignored[matches[i]] ? flags.ignored : flags.true_positive) |= bit;
    }
  }
}

RankedClass rank_class(const EvaluationSet& set, std::span<const Cell> cells) {
  RankedClass result;
  CellMatcher matcher;
  for (const Cell& cell : cells) {
    const std::size_t first = result.detections.size();
    for (std::size_t i = 0; i < cell.detections.size(); ++i) {
      result.detections.push_back({set.detections[cell.detections[i]].score, static_cast<std::uint32_t>(i), {}});
    }
    matcher.load(set, cell, coco_iou_thresholds().front());
    for (const AreaRange range : kAreaRanges) {
      const CellTruth truth = mark_ignored(
          set, cell, [&](const GroundTruthBox& box) { return is_ignored(box) || !kAreaLimits[range].hold(box.area); });
      result.ground_truth[range] += truth.counted;
      match_cell(set, cell, range, truth.ignored, matcher, std::span(result.detections).subspan(first));
    }
  }
  std::stable_sort(result.detections.begin(), result.detections.end(),
                   [](const RankedDetection& a, const RankedDetection& b) { return a.score > b.score; });
  return result;
}

// The true positives at each threshold with the counts just after them.
std::array<std::vector<RankedTruePositive>, kCocoIouThresholdCount> ranked_true_positives(const RankedClass& ranked,
                                                                                          AreaRange range) {
  std::array<std::vector<RankedTruePositive>, kCocoIouThresholdCount> true_positives;
  double not_ignored_everywhere = 0.0;
  ByThreshold ignored{};
  for (const RankedDetection& detection : ranked.detections) {
    const Flags flags = detection.flags[range];
    if (flags.ignored == kEveryThreshold) continue;
    not_ignored_everywhere += 1.0;
    if (flags.true_positive == 0 && flags.ignored == 0) continue;
    for (std::size_t t = 0; t < kCocoIouThresholdCount; ++t) {
      if (flags.ignored >> t & 1u) ignored[t] += 1.0;
      if (flags.true_positive >> t & 1u) {
        true_positives[t].push_back(
            {static_cast<double>(true_positives[t].size() + 1), not_ignored_everywhere - ignored[t]});
      }
    }
  }
  return true_positives;
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// AP and the recall reached at each threshold, of one class in one area range.
struct RangeFigures {
  ByThreshold average_precision{};
  ByThreshold recall{};
  std::array<double, kCocoRecallPoints> precision_at_iou50{};
};

// nullopt if the class has no ground truth in that range.
std::optional<RangeFigures> figures_in_range(const RankedClass& ranked, AreaRange range) {
  if (ranked.ground_truth[range] == 0) return std::nullopt;
  const auto ground_truth = static_cast<double>(ranked.ground_truth[range]);
  const auto true_positives = ranked_true_positives(ranked, range);
  RangeFigures figures;
  for (std::size_t t = 0; t < true_positives.size(); ++t) {
    const auto precisions = interpolated_precision(true_positives[t], ground_truth);
    figures.average_precision[t] = mean(precisions);
    figures.recall[t] = static_cast<double>(true_positives[t].size()) / ground_truth;
    if (t == 0) figures.precision_at_iou50 = precisions;
  }
  return figures;
}

// Mean over the thresholds of the recall that at most `limit` detections per image reach; the class has ground truth.
double average_recall(const RankedClass& ranked, std::uint32_t limit) {
  std::size_t true_positives = 0;  // summed over the thresholds
  for (const RankedDetection& detection : ranked.detections) {
    const std::uint16_t thresholds = detection.flags[AreaRange::kAll].true_positive;
    if (detection.rank < limit) true_positives += static_cast<std::size_t>(std::popcount(thresholds));
  }
  return static_cast<double>(true_positives) /
         static_cast<double>(kCocoIouThresholdCount * ranked.ground_truth[AreaRange::kAll]);
}

CocoClass evaluate_class(std::int64_t category_id, const RankedClass& ranked) {
  CocoClass result;
  result.category_id = category_id;
  result.ground_truth = ranked.ground_truth[AreaRange::kAll];
  CocoFigures& figures = result.figures;
  if (const auto all = figures_in_range(ranked, AreaRange::kAll)) {
    figures.ap = mean(all->average_precision);
    figures.ap50 = all->average_precision[0];
    figures.ap75 = all->average_precision[5];
    figures.ar_1 = average_recall(ranked, 1);
    figures.ar_10 = average_recall(ranked, 10);
    figures.ar_100 = mean(all->recall);
    result.precision_at_recalls.assign(all->precision_at_iou50.begin(), all->precision_at_iou50.end());
  }
  const auto set_range = [&](AreaRange range, std::optional<double>& precision, std::optional<double>& recall) {
    const auto in_range = figures_in_range(ranked, range);
    if (!in_range) return;
    precision = mean(in_range->average_precision);
    recall = mean(in_range->recall);
  };
  set_range(AreaRange::kSmall, figures.ap_small, figures.ar_small);
  set_range(AreaRange::kMedium, figures.ap_medium, figures.ar_medium);
  set_range(AreaRange::kLarge, figures.ap_large, figures.ar_large);
  return result;
}

// The mean over the classes in which the figure is defined.
CocoFigures mean_over_classes(std::span<const CocoClass> classes) {
  CocoFigures means;
  for (const auto& [name, figure] : kNamedCocoFigures) {
    std::vector<double> values;
    for (const CocoClass& one : classes) {
      if (one.figures.*figure) values.push_back(*(one.figures.*figure));
    }
    if (!values.empty()) means.*figure = mean(values);
  }
  return means;
}

}  // namespace

std::array<double, kCocoIouThresholdCount> coco_iou_thresholds() {
  std::array<double, kCocoIouThresholdCount> thresholds;
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
