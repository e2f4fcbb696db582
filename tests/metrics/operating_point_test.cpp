#include "bonescan/metrics/operating_point.h"

#include <catch2/catch.hpp>

#include "metrics/eval_case.h"

namespace bonescan::test {

namespace {

const Box kOnTarget{0, 0, 10, 10};
const Box kElsewhere{100, 100, 10, 10};

// True positives at 0.9 and 0.6, false positives at 0.7 and 0.2; three ground truths, one never found.
EvaluationSet small_set() {
  return one_class_set({1, 2}, {{1, kOnTarget}, {2, kOnTarget}, {2, {50, 50, 10, 10}}},
                       {{1, kOnTarget, 0.9}, {2, kElsewhere, 0.7}, {2, kOnTarget, 0.6}, {1, kElsewhere, 0.2}});
}

RankedOutcomes outcomes_of(const EvaluationSet& set) {
  return rank_outcomes(set, 0.5, CrowdRegions::kIgnore);
}

}  // namespace

TEST_CASE("precision, recall and F1 count detections at or above the threshold") {
  const OperatingPoint point = operating_point(outcomes_of(small_set()), 0.6);
  CHECK(point.true_positives == 2);
  CHECK(point.false_positives == 1);
  CHECK(point.false_negatives == 1);
  CHECK(point.precision == Approx(2.0 / 3.0));
  CHECK(point.recall == Approx(2.0 / 3.0));
  CHECK(point.f1 == Approx(2.0 / 3.0));
}

TEST_CASE("above every score precision is undefined and recall is 0") {
  const OperatingPoint point = operating_point(outcomes_of(small_set()), 0.95);
  CHECK_FALSE(point.precision.has_value());
  CHECK(point.recall == 0.0);
  CHECK(point.f1 == 0.0);
  CHECK(point.false_negatives == 3);
}

TEST_CASE("difficult objects and detections on them count for nothing") {
  EvaluationSet set = small_set();
  set.ground_truth[2].difficult = true;
  set.detections.push_back({2, 1, set.ground_truth[2].box, 0.95});
  const OperatingPoint point = operating_point(outcomes_of(set), 0.6);
  CHECK(point.true_positives == 2);
  CHECK(point.false_positives == 1);
  CHECK(point.false_negatives == 0);
}

TEST_CASE("without ground truth recall is undefined, and without anything F1 is, too") {
  const OperatingPoint false_positive =
      operating_point(outcomes_of(one_class_set({1}, {}, {{1, kOnTarget, 0.9}})), 0.5);
  CHECK_FALSE(false_positive.recall.has_value());
  CHECK(false_positive.precision == 0.0);
  CHECK(false_positive.f1 == 0.0);
  CHECK_FALSE(operating_point(outcomes_of(one_class_set({1}, {}, {})), 0.5).f1.has_value());
}

TEST_CASE("the best F1 is that of the highest score that reaches it") {
  // F1 from the top: 0.9: 2/(1+3)=.5, 0.7: 2/(2+3)=.4, 0.6: 4/(3+3)=.667, 0.2: 4/(4+3)=.571.
  const auto best = best_f1_operating_point(outcomes_of(small_set()));
  REQUIRE(best.has_value());
  CHECK(best->score_threshold == 0.6);
  CHECK(best->f1 == Approx(2.0 / 3.0));
  CHECK_FALSE(
      best_f1_operating_point(outcomes_of(one_class_set({1}, {{1, kOnTarget}}, {{1, kElsewhere, 0.5}}))).has_value());
}

}  // namespace bonescan::test
