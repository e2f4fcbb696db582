#include "bonescan/metrics/voc_average_precision.h"

#include <catch2/catch.hpp>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace {

void check_voc(const EvaluationSet& set, const Json& expected) {
  const VocEvaluation evaluation =
      evaluate_voc(set, {expected.at("iou_threshold").get<double>(), expected.at("plus_one_pixel").get<bool>()});
  check_figure(evaluation.ap_11_point, expected_number(expected.at("mAP_11_point")));
  check_figure(evaluation.ap_all_points, expected_number(expected.at("mAP_all_point")));
  for (const VocClass& category : evaluation.classes) {
    INFO("class " << category.category_id);
    const Json& figures = expected.at("per_class").at(std::to_string(category.category_id));
    if (figures.is_null()) {
      CHECK_FALSE(category.ap_11_point.has_value());
      continue;
    }
    check_figure(category.ap_11_point, expected_number(figures.at("ap_11_point")));
    check_figure(category.ap_all_points, expected_number(figures.at("ap_all_point")));
    CHECK(category.true_positives == figures.at("tp").get<std::size_t>());
    CHECK(category.false_positives == figures.at("fp").get<std::size_t>());
    CHECK(category.ground_truth == figures.at("gt").get<std::size_t>());
  }
}

}  // namespace

TEST_CASE("VOC average precision equals the reference on every case with answers") {
  for (const EvalCase& one : eval_cases()) {
    for (const Json& expected : one.expected.at("pycocotools_and_reference").at("voc")) {
      INFO(one.name << " plus one pixel: " << expected.at("plus_one_pixel"));
      check_voc(one.set, expected);
    }
    if (!one.expected.contains("extra") || !one.expected.at("extra").contains("voc_at_0.3")) continue;
    for (const Json& expected : one.expected.at("extra").at("voc_at_0.3")) {
      INFO(one.name << " at IoU 0.3, plus one pixel: " << expected.at("plus_one_pixel"));
      check_voc(one.set, expected);
    }
  }
}

TEST_CASE("VOC average precision equals what the survey and its programs printed") {
  const auto cases = shared_or_skipped("eval-cases");
  if (!cases) return;
  // README: 26.84 % (11 points) and 24.57 % (all points) at IoU 0.3, widths counted +1 pixel.
  const VocEvaluation evaluation = evaluate_voc(eval_case("padilla_sample2_voc", *cases).set, {0.3, true});
  check_figure(evaluation.ap_11_point, 0.2684, 5e-5);
  check_figure(evaluation.ap_all_points, 0.2457, 5e-5);
}

TEST_CASE("VOC: difficult objects and what matches them count for nothing") {
  const Box easy{0, 0, 50, 50}, difficult{200, 200, 50, 50};
  EvaluationSet set =
      one_class_set({1}, {{1, easy}, {1, difficult}}, {{1, difficult, 0.9}, {1, difficult, 0.85}, {1, easy, 0.8}});
  set.ground_truth[1].difficult = true;
  const VocEvaluation evaluation = evaluate_voc(set);
  CHECK(evaluation.classes[0].ground_truth == 1);
  CHECK(evaluation.classes[0].true_positives == 1);
  CHECK(evaluation.classes[0].false_positives == 0);
  CHECK(evaluation.ap_all_points == 1.0);
}

TEST_CASE("VOC: a detection whose best ground truth is taken is a false positive, whatever else it covers") {
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 10, 10}}, {1, {1, 0, 10, 10}}},
                                          {{1, {0, 0, 10, 10}, 0.9}, {1, {0, 0, 10, 10}, 0.8}});
  const VocEvaluation evaluation = evaluate_voc(set);
  CHECK(evaluation.classes[0].true_positives == 1);
  CHECK(evaluation.classes[0].false_positives == 1);
}

TEST_CASE("the extra pixel of the development kit lifts a match over the threshold") {
  const EvaluationSet set = one_class_set({1}, {{1, {0, 0, 9, 9}}}, {{1, {0, 0, 4, 9}, 0.9}});
  CHECK(evaluate_voc(set, {0.45, false}).ap_all_points == 0.0);  // 36/81 = 0.444
  CHECK(evaluate_voc(set, {0.45, true}).ap_all_points == 1.0);   // 50/100
}

}  // namespace bonescan::test
