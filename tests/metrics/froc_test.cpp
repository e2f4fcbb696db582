#include "bonescan/metrics/froc.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "bonescan/metrics/operating_point.h"
#include "metrics/check_figure.h"
#include "metrics/eval_case.h"
#include "metrics/monai_froc.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace {

bool has_crowd(const EvaluationSet& set) {
  return std::any_of(set.ground_truth.begin(), set.ground_truth.end(),
                     [](const GroundTruthBox& truth) { return truth.crowd; });
}

}  // namespace

TEST_CASE("the FROC step function equals the reference on every case with ground truth") {
  for (const EvalCase& one : eval_cases()) {
    const Json& expected = one.expected.at("pycocotools_and_reference").at("froc_step");
    const std::vector<FrocPoint> curve = froc_curve(one.set, expected.at("iou_threshold"));
    INFO(one.name);
    if (one.set.ground_truth.empty()) {
      CHECK(curve.empty());
      CHECK_FALSE(froc_sensitivity(curve, 1.0).has_value());
      continue;
    }
    CHECK(curve.size() == expected.at("points").get<std::size_t>());
    for (std::size_t i = 0; i < expected.at("at_fppi").size(); ++i) {
      check_figure(froc_sensitivity(curve, expected.at("at_fppi")[i]), expected.at("sensitivity")[i].get<double>());
    }
    check_figure(froc_mean_sensitivity(curve), expected.at("mean").get<double>());
  }
}

TEST_CASE("MONAI's FROC is reproduced as MONAI computes it") {
  const auto answers = shared_or_skipped("eval-cases/other/froc_monai.json");
  if (!answers) return;
  const Json cases = read_json_file(*answers).at("cases");
  REQUIRE_FALSE(cases.empty());
  for (const Json& one : cases) {
    const auto false_positives = one.at("fp_scores").get<std::vector<double>>();
    const auto true_positives = one.at("tp_scores").get<std::vector<double>>();
    const MonaiFroc froc = monai_froc(false_positives, true_positives, one.at("num_targets"), one.at("num_images"));
    const Json& expected = one.at("recomputed");
    CHECK(froc.false_positives_per_image == expected.at("fppi").get<std::vector<double>>());
    CHECK(froc.sensitivity == expected.at("sensitivity").get<std::vector<double>>());
    double sum = 0.0;
    for (std::size_t i = 0; i < expected.at("at").size(); ++i) {
      const double value = monai_froc_sensitivity(froc, expected.at("at")[i]);
      check_figure(value, expected.at("values")[i].get<double>());
      sum += value;
    }
    check_figure(sum / static_cast<double>(expected.at("at").size()), one.at("published_score").get<double>(), 1e-8);
  }
}

TEST_CASE("MONAI's first published example, by hand") {
  // tests/metrics/test_compute_froc.py (Apache-2.0): thresholds .6, .8, 1 after the lowest, 0, is dropped.
  const std::vector<double> false_positives{0.8, 0.6}, true_positives{1, 1, 0, 0, 0.8, 0.8, 0};
  const MonaiFroc froc = monai_froc(false_positives, true_positives, 4, 2);
  CHECK(froc.false_positives_per_image == std::vector<double>{1.0, 0.5, 0.0, 0.0});
  CHECK(froc.sensitivity == std::vector<double>{1.0, 1.0, 0.5, 0.0});
  CHECK(monai_froc_sensitivity(froc, 0.25) == Approx(0.75));
}

TEST_CASE("the points of the curve are MONAI's, and one more where MONAI leaves out the lowest score") {
  for (const EvalCase& one : eval_cases()) {
    if (one.set.ground_truth.empty() || has_crowd(one.set)) continue;  // MONAI knows no crowd regions
    INFO(one.name);
    const MonaiFroc monai = monai_froc(one.set);
    const std::vector<FrocPoint> curve = froc_curve(one.set);
    const std::size_t points = monai.sensitivity.size();
    REQUIRE((curve.size() == points || curve.size() == points + 1));
    for (std::size_t i = 0; i < points; ++i) {  // MONAI's are in ascending order of score
      CHECK(curve[i].false_positives_per_image == monai.false_positives_per_image[points - 1 - i]);
      CHECK(curve[i].sensitivity == monai.sensitivity[points - 1 - i]);
    }
  }
}

TEST_CASE("images without ground truth lower the false positives per image") {
  const Box box{0, 0, 10, 10}, elsewhere{100, 100, 10, 10};
  const EvaluationSet alone = one_class_set({1}, {{1, box}}, {{1, elsewhere, 0.9}, {1, box, 0.5}});
  CHECK(froc_sensitivity(froc_curve(alone), 0.5) == 0.0);
  EvaluationSet with_negative = alone;
  with_negative.image_ids.push_back(2);
  CHECK(froc_sensitivity(froc_curve(with_negative), 0.5) == 1.0);
}

TEST_CASE("every point of the curve is the operating point at its score") {
  for (const EvalCase& one : eval_cases()) {
    if (has_crowd(one.set)) continue;  // the operating point ignores detections in crowd regions
    const auto images = static_cast<double>(one.set.image_ids.size());
    const RankedOutcomes outcomes = rank_outcomes(one.set, 0.5, CrowdRegions::kIgnore);
    for (const FrocPoint& point : froc_curve(one.set)) {
      INFO(one.name << " at " << point.score_threshold);
      const OperatingPoint figures = operating_point(outcomes, point.score_threshold);
      check_figure(figures.recall, point.sensitivity);
      CHECK(point.false_positives_per_image == Approx(static_cast<double>(figures.false_positives) / images));
    }
  }
}

TEST_CASE("a difficult object is neither found nor missed, and a detection on it no false positive") {
  const Box easy{0, 0, 10, 10}, difficult{50, 50, 10, 10};
  EvaluationSet set = one_class_set({1}, {{1, easy}, {1, difficult}}, {{1, difficult, 0.9}, {1, easy, 0.8}});
  set.ground_truth[1].difficult = true;
  const std::vector<FrocPoint> curve = froc_curve(set);
  REQUIRE(curve.size() == 3);
  CHECK(curve[1].sensitivity == 0.0);
  CHECK(curve[2].sensitivity == 1.0);
  CHECK(curve[2].false_positives_per_image == 0.0);
}

TEST_CASE("where the first score brings too many false positives nothing is found") {
  const Box box{0, 0, 10, 10};
  const EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, {100, 100, 10, 10}, 0.9}, {1, box, 0.5}});
  CHECK(froc_sensitivity(froc_curve(set), 0.125) == 0.0);
  CHECK(froc_sensitivity(froc_curve(set), 1.0) == 1.0);
}

}  // namespace bonescan::test
