// Finding figures in a report by name.
#include "bonescan/report/figures.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

Json report() {
  return Json::parse(R"({
    "images": 82,
    "metrics": {"ap": 0.25, "ap50": 0.5, "ap_small": null},
    "per_image": {"images": 80, "iou_mean": 0.4, "definition": "text"},
    "operating_point": {"score_threshold": 0.3, "true_positives": 9, "false_positives": 12, "false_negatives": 1},
    "best_f1": {"score_threshold": 0.4, "f1": 0.6},
    "image_level": {"auc": null, "f1": 0.7, "true_positives": 8, "true_negatives": 5, "false_positives": 2,
                    "false_negatives": 3},
    "froc": [{"false_positives_per_image": 0.125, "sensitivity": 0.2}],
    "confidence_intervals": {"ap50": [0.4, 0.6], "iou_mean": null},
    "options": {"seed": 0}})");
}

}  // namespace

TEST_CASE("A figure is found by its dotted name or by a short name that is unique") {
  CHECK(find_figure(report(), "metrics.ap50").value == 0.5);
  CHECK(find_figure(report(), "ap50").name == "metrics.ap50");
  CHECK(find_figure(report(), "images").value == 82);  // the report's own goes before per_image.images
  CHECK(find_figure(report(), "froc.0.sensitivity").value == 0.2);
  CHECK(find_figure(report(), "false_positives").value == 12);
  CHECK(find_figure(report(), "score_threshold").name == "operating_point.score_threshold");
}

TEST_CASE("An undefined figure is known, but has no value") {
  CHECK_FALSE(find_figure(report(), "ap_small").value);
  CHECK_FALSE(find_figure(report(), "image_level.auc").value);
}

TEST_CASE("Names that are unknown, no number or not unique are refused") {
  CHECK_THROWS_WITH(find_figure(report(), "speed"),
                    Contains("there is no figure \"speed\"") && Contains("metrics.ap50"));
  CHECK_THROWS_WITH(find_figure(report(), "per_image.definition"), Contains("is not a number"));
  CHECK_THROWS_WITH(find_figure(report(), "f1"), Contains("best_f1.f1, image_level.f1"));
  CHECK_THROWS_AS(find_figure(report(), "froc.9.sensitivity"), UsageError);
  CHECK_THROWS_AS(find_figure(report(), ""), UsageError);
}

TEST_CASE("A figure has the interval of its own name in its own group") {
  const auto interval = interval_of(report(), find_figure(report(), "ap50"));
  REQUIRE(interval);
  CHECK(interval->lower == 0.4);
  CHECK_FALSE(interval_of(report(), find_figure(report(), "iou_mean")));
  CHECK_FALSE(interval_of(report(), {"voc.ap50", 0.5}));
}

TEST_CASE("Quality figures know their direction, and thresholds and numbers of images are none") {
  const std::vector<QualityFigure> figures = quality_figures(report());
  const auto find = [&](const std::string& name) {
    return std::find_if(figures.begin(), figures.end(), [&](const auto& figure) { return figure.figure.name == name; });
  };
  const auto is_count = [&](const std::string& name, Direction direction) {
    const auto found = find(name);
    return found != figures.end() && found->is_count && found->direction == direction;
  };
  for (const char* right :
       {"operating_point.true_positives", "image_level.true_positives", "image_level.true_negatives"})
    CHECK(is_count(right, Direction::kHigherIsBetter));
  for (const char* wrong : {"operating_point.false_positives", "operating_point.false_negatives",
                            "image_level.false_positives", "image_level.false_negatives"})
    CHECK(is_count(wrong, Direction::kLowerIsBetter));
  REQUIRE(find("froc.0.sensitivity") != figures.end());
  CHECK(find("metrics.ap50")->direction == Direction::kHigherIsBetter);
  CHECK(find("per_image.images") == figures.end());
  CHECK(find("operating_point.score_threshold") == figures.end());
}

TEST_CASE("The figures of several classes are compared, each, and those of one are those of all") {
  Json of_two = report();
  of_two["classes"] = {{{"name", "hip"}, {"ap50", 0.5}}, {{"name", "wrist"}, {"ap50", 0.25}}};
  const auto compared = [](const Json& json, const std::string& name) {
    const std::vector<QualityFigure> figures = quality_figures(json);
    return std::any_of(figures.begin(), figures.end(), [&](const auto& one) { return one.figure.name == name; });
  };
  CHECK(compared(of_two, "classes.1.ap50"));
  Json turned = of_two;
  std::swap(turned["classes"][0], turned["classes"][1]);
  const auto value = [](const Json& json, const std::string& of_class) {
    const std::vector<QualityFigure> figures = quality_figures(json);
    return std::find_if(figures.begin(), figures.end(), [&](const auto& one) { return one.part == of_class; })
        ->figure.value;
  };
  CHECK(value(of_two, "hip") == value(turned, "hip"));
  CHECK(are_same(quality_figures(of_two).back(), *(quality_figures(turned).end() - 2)));
  CHECK_FALSE(are_same(quality_figures(of_two).back(), quality_figures(turned).back()));
  of_two["regions"] = {{{"region", "hip"}, {"ap50", 0.5}}};
  CHECK(compared(of_two, "regions.0.ap50"));
  CHECK_FALSE(are_same(quality_figures(of_two).back(), quality_figures(turned).back()));
  of_two["classes"].erase(1);
  CHECK_FALSE(compared(of_two, "classes.0.ap50"));
}

}  // namespace bonescan
