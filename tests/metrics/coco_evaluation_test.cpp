#include "bonescan/metrics/coco_evaluation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace {

struct NamedFigure {
  const char* short_name;        // as report.json and random_cases.json write it
  const char* pycocotools_name;  // as expected.json writes it
  std::optional<double> CocoFigures::*figure;
};

const std::vector<NamedFigure> kNamedFigures{
    {"ap", "AP", &CocoFigures::ap},
    {"ap50", "AP50", &CocoFigures::ap50},
    {"ap75", "AP75", &CocoFigures::ap75},
    {"ap_small", "AP_small", &CocoFigures::ap_small},
    {"ap_medium", "AP_medium", &CocoFigures::ap_medium},
    {"ap_large", "AP_large", &CocoFigures::ap_large},
    {"ar_1", "AR1", &CocoFigures::ar_1},
    {"ar_10", "AR10", &CocoFigures::ar_10},
    {"ar_100", "AR100", &CocoFigures::ar_100},
    {"ar_small", "AR_small", &CocoFigures::ar_small},
    {"ar_medium", "AR_medium", &CocoFigures::ar_medium},
    {"ar_large", "AR_large", &CocoFigures::ar_large},
};

EvaluationSet read_compact_case(const Json& row) {
  EvaluationSet set;
  set.image_ids = row.at("images").get<std::vector<std::int64_t>>();
  set.category_ids = row.at("categories").get<std::vector<std::int64_t>>();
  for (const Json& box : row.at("ground_truth")) {
    set.ground_truth.push_back({box[0], box[1], {box[2], box[3], box[4], box[5]}, box[6], box[7] == 1, false});
  }
  for (const Json& box : row.at("detections")) {
    set.detections.push_back({box[0], box[1], {box[2], box[3], box[4], box[5]}, box[6]});
  }
  return set;
}

}  // namespace

TEST_CASE("the twelve COCO figures equal pycocotools on every case with answers") {
  for (const EvalCase& one : eval_cases()) {
    const CocoEvaluation evaluation = evaluate_coco(one.set);
    const Json& expected = one.expected.at("pycocotools_and_reference");
    for (const NamedFigure& named : kNamedFigures) {
      INFO(one.name << " " << named.pycocotools_name);
      check_figure(evaluation.figures.*named.figure, expected_number(expected.at("coco").at(named.pycocotools_name)));
    }
    for (const CocoClass& category : evaluation.classes) {
      INFO(one.name << " class " << category.category_id);
      const Json& figures = expected.at("coco_per_class").at(std::to_string(category.category_id));
      check_figure(category.figures.ap, expected_number(figures.at("AP")));
      check_figure(category.figures.ap50, expected_number(figures.at("AP50")));
      check_figure(category.figures.ar_100, expected_number(figures.at("AR")));
    }
  }
}

TEST_CASE("precision at the 101 recalls equals pycocotools on every case that has it") {
  for (const EvalCase& one : eval_cases()) {
    const Json& expected = one.expected.at("pycocotools_and_reference");
    if (!expected.contains("precision_at_101_recalls_iou50")) continue;
    for (const CocoClass& category : evaluate_coco(one.set).classes) {
      INFO(one.name << " class " << category.category_id);
      const Json& precisions = expected.at("precision_at_101_recalls_iou50").at(std::to_string(category.category_id));
      if (precisions.at(0) == -1.0) {
        CHECK(category.precision_at_recalls.empty());
        continue;
      }
      REQUIRE(category.precision_at_recalls.size() == precisions.size());
      for (std::size_t i = 0; i < precisions.size(); ++i) {
        CHECK_THAT(category.precision_at_recalls[i], Catch::Matchers::WithinAbs(precisions[i].get<double>(), 1e-9));
      }
    }
  }
}

TEST_CASE("the COCO figures equal pycocotools on random cases") {
  const Json cases = read_json_file(data_folder() / "eval" / "random_cases.json");
  REQUIRE(cases.size() >= 30);
  for (const Json& row : cases) {
    const CocoEvaluation evaluation = evaluate_coco(read_compact_case(row), row.at("max_detections"));
    for (const NamedFigure& named : kNamedFigures) {
      INFO("seed " << row.at("seed") << " " << row.at("traits") << " " << named.short_name);
      check_figure(evaluation.figures.*named.figure, expected_number(row.at("coco").at(named.short_name)));
      for (const CocoClass& category : evaluation.classes) {
        INFO("class " << category.category_id);
        const Json& figures = row.at("coco_per_class").at(std::to_string(category.category_id));
        check_figure(category.figures.*named.figure, expected_number(figures.at(named.short_name)));
      }
    }
  }
}

bool has_distinct_scores(const EvaluationSet& set) {
  std::set<double> scores;
  for (const DetectedBox& detection : set.detections) scores.insert(detection.score);
  return scores.size() == set.detections.size();
}

TEST_CASE("the order of images, of categories and of distinct scores in the files changes nothing") {
  int with_detections = 0;
  for (EvalCase& one : eval_cases()) {
    const CocoFigures before = evaluate_coco(one.set).figures;
    std::mt19937 generator(1);
    std::shuffle(one.set.image_ids.begin(), one.set.image_ids.end(), generator);
    std::reverse(one.set.category_ids.begin(), one.set.category_ids.end());
    if (has_distinct_scores(one.set)) {  // of equal ones the order of the file decides
      std::shuffle(one.set.detections.begin(), one.set.detections.end(), generator);
      ++with_detections;
    }
    const CocoFigures after = evaluate_coco(one.set).figures;
    for (const NamedFigure& named : kNamedFigures) CHECK(before.*named.figure == after.*named.figure);
  }
  CHECK(with_detections > 0);
}

TEST_CASE("a limit on detections beyond 100 lets the 121st detection count") {
  const EvalCase one = eval_case("edge_more_than_100_detections");
  CHECK(evaluate_coco(one.set, 100).figures.ap50 == 0.0);
  // One true positive at rank 121: precision 1/121 at every recall.
  check_figure(evaluate_coco(one.set, 200).figures.ap50, 1.0 / 121.0);
  CHECK(evaluate_coco(one.set, 200).figures.ar_100 == 1.0);
}

TEST_CASE("a limit below ten limits every figure") {
  const Box box{0, 0, 10, 10};
  const EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, {50, 50, 10, 10}, 0.9}, {1, box, 0.8}});
  CHECK(evaluate_coco(set, 1).figures.ap == 0.0);
  CHECK(evaluate_coco(set, 1).figures.ar_10 == 0.0);
  CHECK(evaluate_coco(set, 1).figures.ar_100 == 0.0);
  CHECK(evaluate_coco(set, 2).figures.ar_10 == 1.0);
}

TEST_CASE("a difficult object counts for nothing, found or missed, and takes one detection only") {
  const Box easy{0, 0, 50, 50}, difficult{200, 200, 50, 50};
  EvaluationSet set = one_class_set({1}, {{1, easy}, {1, difficult}}, {{1, difficult, 0.9}, {1, easy, 0.8}});
  set.ground_truth[1].difficult = true;
  CHECK(evaluate_coco(set).figures.ap50 > 0.999);
  CHECK(evaluate_coco(set).classes[0].ground_truth == 1);
  set.detections.insert(set.detections.begin(), {1, 1, difficult, 0.95});
  // The second detection on it is a false positive before the true one: precision 1/2.
  check_figure(evaluate_coco(set).figures.ap50, 0.5);
}

TEST_CASE("boxes of unknown images and categories are left out") {
  const Box box{0, 0, 50, 50};
  EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, box, 0.5}});
  const CocoFigures before = evaluate_coco(set).figures;
  set.detections.push_back({7, 1, box, 0.9});
  set.detections.push_back({1, 7, box, 0.9});
  set.ground_truth.push_back({7, 1, box, 2500.0, false, false});
  CHECK(evaluate_coco(set).figures.ap == before.ap);
}

TEST_CASE("an empty set has no defined figure") {
  const CocoEvaluation evaluation = evaluate_coco(EvaluationSet{});
  for (const NamedFigure& named : kNamedFigures) CHECK_FALSE((evaluation.figures.*named.figure).has_value());
}

}  // namespace bonescan::test
