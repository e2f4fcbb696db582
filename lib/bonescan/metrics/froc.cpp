#include "bonescan/metrics/froc.h"

#include <algorithm>
#include <limits>
#include <set>

#include "bonescan/metrics/ranked_outcomes.h"

namespace bonescan {

namespace {

// The last point of the curve with at most so many false positives per image.
const FrocPoint& last_point_within(std::span<const FrocPoint> curve, double false_positives_per_image) {
  const auto beyond =
      std::upper_bound(curve.begin(), curve.end(), false_positives_per_image,
                       [](double rate, const FrocPoint& point) { return rate < point.false_positives_per_image; });
  return beyond == curve.begin() ? curve.front() : *std::prev(beyond);
}

std::size_t count_images(const EvaluationSet& set) {
  return std::set<std::int64_t>(set.image_ids.begin(), set.image_ids.end()).size();
}

std::size_t count_at_or_above(std::span<const double> scores, double threshold) {
  return static_cast<std::size_t>(
      std::count_if(scores.begin(), scores.end(), [&](double score) { return score >= threshold; }));
}

}  // namespace

std::vector<double> froc_rates() {
  return {0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0};
}

std::vector<FrocPoint> froc_curve(const EvaluationSet& set, double iou_threshold) {
  const RankedOutcomes outcomes = rank_outcomes(set, iou_threshold, CrowdRegions::drop);
  if (outcomes.ground_truth == 0) return {};
  const auto images = static_cast<double>(count_images(set));

  std::vector<FrocPoint> curve{{std::numeric_limits<double>::infinity(), 0.0, 0.0}};
  for (const ScoreCounts& counts : outcomes.counts) {
    curve.push_back({counts.score, static_cast<double>(counts.false_alarms) / images,
                     static_cast<double>(counts.hits) / static_cast<double>(outcomes.ground_truth)});
  }
  return curve;
}

std::optional<double> froc_sensitivity(std::span<const FrocPoint> curve, double false_positives_per_image) {
  if (curve.empty()) return std::nullopt;
  return last_point_within(curve, false_positives_per_image).sensitivity;
}

std::optional<double> froc_mean_sensitivity(std::span<const FrocPoint> curve) {
  if (curve.empty()) return std::nullopt;
  double sum = 0.0;
  for (const double rate : froc_rates()) sum += *froc_sensitivity(curve, rate);
  return sum / static_cast<double>(froc_rates().size());
}

MonaiFroc monai_froc(std::span<const double> false_positive_scores, std::span<const double> true_positive_scores,
                     std::size_t targets, std::size_t images) {
  std::set<double> thresholds(false_positive_scores.begin(), false_positive_scores.end());
  thresholds.insert(true_positive_scores.begin(), true_positive_scores.end());
  if (!thresholds.empty()) thresholds.erase(thresholds.begin());

  MonaiFroc froc;
  for (const double threshold : thresholds) {
    froc.false_positives_per_image.push_back(static_cast<double>(count_at_or_above(false_positive_scores, threshold)) /
                                             static_cast<double>(images));
    froc.sensitivity.push_back(static_cast<double>(count_at_or_above(true_positive_scores, threshold)) /
                               static_cast<double>(targets));
  }
  froc.false_positives_per_image.push_back(0.0);
  froc.sensitivity.push_back(0.0);
  return froc;
}

double monai_froc_sensitivity(const MonaiFroc& froc, double false_positives_per_image) {
  const std::vector<double> rates(froc.false_positives_per_image.rbegin(), froc.false_positives_per_image.rend());
  const std::vector<double> values(froc.sensitivity.rbegin(), froc.sensitivity.rend());
  // As numpy.interp: of several points at one rate, the last.
  const auto beyond = std::upper_bound(rates.begin(), rates.end(), false_positives_per_image);
  if (beyond == rates.begin()) return values.front();
  if (beyond == rates.end()) return values.back();
  const auto right = static_cast<std::size_t>(beyond - rates.begin());
  const double slope = (values[right] - values[right - 1]) / (rates[right] - rates[right - 1]);
  return slope * (false_positives_per_image - rates[right - 1]) + values[right - 1];
}

std::optional<MonaiFroc> monai_froc(const EvaluationSet& set, double iou_threshold) {
  const RankedOutcomes outcomes = rank_outcomes(set, iou_threshold, CrowdRegions::drop);
  if (outcomes.ground_truth == 0) return std::nullopt;
  std::vector<double> false_positives, true_positives;
  for (const ScoreCounts& counts : outcomes.counts) {
    false_positives.resize(counts.false_alarms, counts.score);
    true_positives.resize(counts.hits, counts.score);
  }
  true_positives.resize(outcomes.ground_truth, 0.0);  // targets that nothing hit
  return monai_froc(false_positives, true_positives, outcomes.ground_truth, count_images(set));
}

}  // namespace bonescan
