#include "metrics/monai_froc.h"

#include <algorithm>
#include <set>

#include "bonescan/metrics/detection_matching.h"

namespace bonescan::test {

namespace {

std::size_t count_at_or_above(std::span<const double> scores, double threshold) {
  return static_cast<std::size_t>(
      std::count_if(scores.begin(), scores.end(), [&](double score) { return score >= threshold; }));
}

}  // namespace

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

MonaiFroc monai_froc(const EvaluationSet& set) {
  const Matching matching = match_detections(set, 0.5, 0);
  std::vector<double> false_positives, true_positives;
  for (std::size_t i = 0; i < set.detections.size(); ++i) {
    const Outcome outcome = matching.detections[i].outcome;
    if (outcome == Outcome::kTruePositive) true_positives.push_back(set.detections[i].score);
    if (outcome == Outcome::kFalsePositive) false_positives.push_back(set.detections[i].score);
  }
  true_positives.resize(set.ground_truth.size(), 0.0);  // targets that nothing found
  return monai_froc(false_positives, true_positives, set.ground_truth.size(), set.image_ids.size());
}

}  // namespace bonescan::test
