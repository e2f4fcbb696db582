#include "bonescan/metrics/operating_point.h"

#include "bonescan/metrics/intervals.h"

namespace bonescan {

namespace {

OperatingPoint make_point(const ScoreCounts& counts, std::size_t ground_truth) {
  OperatingPoint point;
  point.score_threshold = counts.score;
  point.true_positives = counts.true_positives;
  point.false_positives = counts.false_positives;
  point.false_negatives = ground_truth - counts.true_positives;
  point.precision = ratio(counts.true_positives, counts.true_positives + counts.false_positives);
  point.recall = ratio(counts.true_positives, ground_truth);
  point.f1 = ratio(2 * counts.true_positives, counts.true_positives + counts.false_positives + ground_truth);
  return point;
}

}  // namespace

OperatingPoint operating_point(const RankedOutcomes& outcomes, double score_threshold) {
  ScoreCounts at_threshold;
  for (const ScoreCounts& counts : outcomes.counts) {
    if (counts.score < score_threshold) break;
    at_threshold = counts;
  }
  at_threshold.score = score_threshold;
  return make_point(at_threshold, outcomes.ground_truth);
}

std::optional<OperatingPoint> best_f1_operating_point(const RankedOutcomes& outcomes) {
  std::optional<OperatingPoint> best;
  for (const ScoreCounts& counts : outcomes.counts) {
    if (counts.true_positives == 0) continue;
    const OperatingPoint point = make_point(counts, outcomes.ground_truth);
    if (!best || *point.f1 > *best->f1) best = point;
  }
  return best;
}

}  // namespace bonescan
