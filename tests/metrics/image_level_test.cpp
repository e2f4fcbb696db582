#include "bonescan/metrics/image_level.h"

#include <catch2/catch.hpp>
#include <random>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"

namespace bonescan::test {

TEST_CASE("image-level counts equal the reference on every case") {
  for (const EvalCase& one : eval_cases()) {
    const Json& expected = one.expected.at("pycocotools_and_reference").at("image_level");
    for (const auto& [threshold, counts] : expected.at("at_threshold").items()) {
      INFO(one.name << " at " << threshold);
      const ImageLevelFigures figures = image_level_figures(score_images(one.set), std::stod(threshold));
      CHECK(figures.true_positives == counts.at("tp").get<std::size_t>());
      CHECK(figures.false_negatives == counts.at("fn").get<std::size_t>());
      CHECK(figures.false_positives == counts.at("fp").get<std::size_t>());
      CHECK(figures.true_negatives == counts.at("tn").get<std::size_t>());
      check_figure(figures.sensitivity, expected_number(counts.at("sensitivity")));
      check_figure(figures.specificity, expected_number(counts.at("specificity")));
      check_figure(figures.auc, expected_number(expected.at("roc_auc")));
    }
  }
}

TEST_CASE("the AUC is the share of pairs that are ranked right, ties half") {
  // Positives .9 .5 none, negatives .5 .1 none: of nine pairs 3 + 2.5 + 0.5 are right.
  const std::vector<ScoredImage> images{{0.9, true},  {0.5, true},  {std::nullopt, true},
                                        {0.5, false}, {0.1, false}, {std::nullopt, false}};
  check_figure(image_level_auc(images), 6.0 / 9.0);
}

TEST_CASE("the AUC equals the count of all pairs and the area under the curve on random images") {
  std::mt19937 generator(3);
  std::vector<ScoredImage> images;
  for (int i = 0; i < 300; ++i) {
    const double score = static_cast<double>(generator() % 20) / 20.0;
    const bool positive = generator() % 3 == 0;
    images.push_back({generator() % 10 == 0 ? std::nullopt : std::optional(score), positive});
  }
  double right = 0.0, pairs = 0.0;
  for (const ScoredImage& a : images) {
    for (const ScoredImage& b : images) {
      if (!a.positive || b.positive) continue;
      right += a.score > b.score ? 1.0 : a.score == b.score ? 0.5 : 0.0;
      pairs += 1.0;
    }
  }
  check_figure(image_level_auc(images), right / pairs);

  const std::vector<RocPoint> curve = image_level_roc(images);
  CHECK(curve.front().true_positive_rate == 0.0);
  CHECK(curve.back().true_positive_rate == 1.0);
  CHECK(curve.back().false_positive_rate == 1.0);
  double trapezoids = 0.0;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    trapezoids += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
                  (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2.0;
  }
  check_figure(image_level_auc(images), trapezoids);
}

TEST_CASE("without images of one kind the AUC and that kind's figure are undefined") {
  const EvaluationSet only_negatives = one_class_set({1}, {}, {{1, {0, 0, 5, 5}, 0.9}});
  const ImageLevelFigures figures = image_level_figures(score_images(only_negatives), 0.5);
  CHECK_FALSE(figures.auc.has_value());
  CHECK_FALSE(figures.sensitivity.has_value());
  CHECK_FALSE(figures.sensitivity_interval.has_value());
  CHECK(figures.specificity == 0.0);
  CHECK(figures.specificity_interval.has_value());
  CHECK(image_level_roc(score_images(only_negatives)).empty());
}

TEST_CASE("an image without detections is negative at threshold 0") {
  const EvaluationSet set = one_class_set({1, 2}, {{1, {0, 0, 5, 5}}}, {{1, {0, 0, 5, 5}, 0.0}});
  const ImageLevelFigures figures = image_level_figures(score_images(set), 0.0);
  CHECK(figures.true_positives == 1);
  CHECK(figures.true_negatives == 1);
  CHECK(figures.auc == 1.0);
}

}  // namespace bonescan::test
