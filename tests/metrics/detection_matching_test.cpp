#include "bonescan/metrics/detection_matching.h"

#include <catch2/catch.hpp>

#include "metrics/eval_case.h"

namespace bonescan::test {

TEST_CASE("a detection takes the free ground truth of highest IoU, and the second one on it is a false positive") {
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 10, 10}}, {1, {40, 0, 10, 10}}},
                                          {{1, {1, 0, 10, 10}, 0.5}, {1, {0, 0, 10, 10}, 0.9}});
  const Matching matching = match_detections(set);
  CHECK(matching.detections[1].outcome == Outcome::kTruePositive);
  CHECK(matching.detections[1].ground_truth == 0u);
  CHECK(matching.detections[1].iou == 1.0);
  CHECK(matching.detections[0].outcome == Outcome::kFalsePositive);
  CHECK_FALSE(matching.detections[0].ground_truth.has_value());
  CHECK(matching.ground_truth[0] == 1u);
  CHECK_FALSE(matching.ground_truth[1].has_value());
}

TEST_CASE("a detection whose best ground truth is taken falls back on another that it covers") {
  // IoU of the two objects is 9/11; both detections lie exactly on the first.
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 10, 10}}, {1, {1, 0, 10, 10}}},
                                          {{1, {0, 0, 10, 10}, 0.9}, {1, {0, 0, 10, 10}, 0.8}});
  const Matching matching = match_detections(set);
  CHECK(matching.detections[1].outcome == Outcome::kTruePositive);
  CHECK(matching.detections[1].ground_truth == 1u);
}

TEST_CASE("of two ground truths with equal IoU the later is taken") {
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 10, 10}}, {1, {0, 0, 10, 10}}}, {{1, {0, 0, 10, 10}, 0.9}});
  CHECK(match_detections(set).detections[0].ground_truth == 1u);
}

TEST_CASE("an IoU equal to the threshold is a match") {
  // 10x10 in 10x20: IoU exactly 0.5.
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 10, 20}}}, {{1, {0, 0, 10, 10}, 0.9}});
  CHECK(match_detections(set, 0.5).detections[0].outcome == Outcome::kTruePositive);
  CHECK(match_detections(set, 0.51).detections[0].outcome == Outcome::kFalsePositive);
}

TEST_CASE("equal boxes match at a threshold of 1, whatever their IoU is rounded to") {
  for (int i = 1; i <= 200; ++i) {
    const Box box{0.1 * i, 0.7 * i, 1.0 / i, 3.3 + 0.01 * i};
    const EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, box, 0.9}});
    CHECK(match_detections(set, 1.0).detections[0].outcome == Outcome::kTruePositive);
  }
}

TEST_CASE("a crowd region takes any number of detections and makes them count for nothing") {
  EvaluationSet set =
      one_class_set({1}, {{1, {0, 0, 200, 200}}}, {{1, {10, 10, 20, 20}, 0.9}, {1, {50, 50, 20, 20}, 0.8}});
  set.ground_truth[0].crowd = true;
  const Matching matching = match_detections(set);
  CHECK(matching.detections[0].outcome == Outcome::kIgnored);
  CHECK(matching.detections[1].outcome == Outcome::kIgnored);
  CHECK(matching.detections[0].iou == 1.0);  // over the detection's area
  CHECK_FALSE(matching.ground_truth[0].has_value());
}

TEST_CASE("boxes without area match nothing") {
  const EvaluationSet set = one_class_set({1}, {{1, {5, 5, 0, 10}}}, {{1, {5, 5, 0, 10}, 0.9}});
  CHECK(match_detections(set).detections[0].outcome == Outcome::kFalsePositive);
}

TEST_CASE("detections beyond the limit and of unknown images are left out") {
  const EvaluationSet set =
      one_class_set({1}, {}, {{1, {0, 0, 5, 5}, 0.1}, {1, {0, 0, 5, 5}, 0.2}, {9, {0, 0, 5, 5}, 0.9}});
  const Matching matching = match_detections(set, 0.5, 1);
  CHECK(matching.detections[0].outcome == Outcome::kLeftOut);
  CHECK(matching.detections[1].outcome == Outcome::kFalsePositive);
  CHECK(matching.detections[2].outcome == Outcome::kLeftOut);
}

}  // namespace bonescan::test
