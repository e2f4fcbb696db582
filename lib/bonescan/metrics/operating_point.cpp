#include "bonescan/metrics/operating_point.h"

#include "bonescan/metrics/intervals.h"
#include "bonescan/metrics/ranked_outcomes.h"

namespace bonescan {

namespace {

OperatingPoint make_point(const ScoreCounts& counts, std::size_t ground_truth) {
  OperatingPoint point;
  point.score_threshold = counts.score;
  point.true_positives = counts.hits;
  point.false_positives = counts.false_alarms;
  point.false_negatives = ground_truth - counts.hits;
  point.precision = ratio(counts.hits, counts.hits + counts.false_alarms);
  point.recall = ratio(counts.hits, ground_truth);
  point.f1 = ratio(2 * counts.hits, counts.hits + counts.false_alarms + ground_truth);
  return point;
}

}  // namespace

OperatingPoint operating_point(const EvaluationSet& set, double score_threshold, double iou_threshold) {
  const RankedOutcomes outcomes = rank_outcomes(set, iou_threshold, CrowdRegions::ignore);
  ScoreCounts at_threshold;
  for (const ScoreCounts& counts : outcomes.counts) {
    if (counts.score < score_threshold) break;
    at_threshold = counts;
  }
  at_threshold.score = score_threshold;
  return make_point(at_threshold, outcomes.ground_truth);
}

std::optional<OperatingPoint> best_f1_operating_point(const EvaluationSet& set, double iou_threshold) {
  const RankedOutcomes outcomes = rank_outcomes(set, iou_threshold, CrowdRegions::ignore);
  std::optional<OperatingPoint> best;
  for (const ScoreCounts& counts : outcomes.counts) {
    if (counts.hits == 0) continue;
    const OperatingPoint point = make_point(counts, outcomes.ground_truth);
    if (!best || *point.f1 > *best->f1) best = point;
  }
  return best;
}

}  // namespace bonescan
