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

}  // namespace

std::vector<double> froc_rates() {
  return {0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0};
}

std::vector<FrocPoint> froc_curve(const EvaluationSet& set, double iou_threshold) {
  const RankedOutcomes outcomes = rank_outcomes(set, iou_threshold, CrowdRegions::kDrop);
  if (outcomes.ground_truth == 0) return {};
  const auto images = static_cast<double>(count_images(set));

  std::vector<FrocPoint> curve{{std::numeric_limits<double>::infinity(), 0.0, 0.0}};
  for (const ScoreCounts& counts : outcomes.counts) {
    curve.push_back({counts.score, static_cast<double>(counts.false_positives) / images,
                     static_cast<double>(counts.true_positives) / static_cast<double>(outcomes.ground_truth)});
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

}  // namespace bonescan
