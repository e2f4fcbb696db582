// Reports as text: JSON, Markdown, terminal.
#include <catch2/catch.hpp>

#include "bonescan/metrics/resampler.h"
#include "bonescan/report/detection_report.h"
#include "bonescan/report/markdown_report.h"
#include "bonescan/report/matches_json.h"
#include "bonescan/report/report_json.h"
#include "bonescan/report/report_table.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

DetectionEvaluation evaluation() {
  Dataset dataset;
  dataset.source = "gt.json";
  dataset.images = {{1, "a|b.png", 100, 100, {"hand"}}, {2, "c.png", 100, 100, {"hip", "leg"}}};
  dataset.categories = {{0, "fractured"}};
  dataset.boxes = {{1, 0, {10, 10, 20, 20}, 400, false, false}};
  Predictions predictions;
  predictions.boxes = {{1, 0, {10, 10, 20, 20}, 0.9}, {2, 0, {0, 0, 5, 5}, 0.3}};
  DetectionEvaluationOptions options;
  options.score_threshold = 0.5;
  options.score_threshold_source = "--score-threshold";
  options.bootstrap.replicates = 10;
  return evaluate_detections(dataset, predictions, options);
}

}  // namespace

TEST_CASE("report.json keeps every image on one line and reads back as it was") {
  const Json report = detection_report(evaluation(), "detection");
  const std::string text = report_text(report);
  CHECK(parse_json(text, "report") == report);
  CHECK_THAT(text, Contains("\n    {\"image_id\":1,\"file\":\"a|b.png\""));
}

TEST_CASE("A report has every member of its contract") {
  const Json report = detection_report(evaluation(), "detection");
  for (const char* member :
       {"schema", "task", "images", "ground_truth", "predictions", "metrics", "voc", "per_image", "operating_point",
        "froc", "image_level", "confidence_intervals", "classes", "images_detail", "models", "options"})
    CHECK(report.contains(member));
  CHECK(report.at("froc").size() == 7);
  CHECK(report.at("metrics").at("ap_large").is_null());
  // At 0.5 the false alarm of 0.3 does not count.
  CHECK(report.at("operating_point").at("false_positives") == 0);
  CHECK(report.at("image_level").at("specificity") == 1.0);
}

TEST_CASE("Every interval of a report stands under its own name") {
  DetectionEvaluation intervals = evaluation();
  intervals.intervals = {Interval{0.1, 0.2}, Interval{0.3, 0.4}, Interval{0.5, 0.6}, Interval{0.7, 0.8}};
  intervals.image_level.sensitivity_interval = Interval{0.11, 0.12};
  intervals.image_level.specificity_interval = Interval{0.13, 0.14};
  CHECK(detection_report(intervals, "detection").at("confidence_intervals") ==
        Json::parse(R"({"ap50": [0.1, 0.2], "ap": [0.3, 0.4], "iou_mean": [0.5, 0.6],
                        "sensitivity_at_1_fp": [0.7, 0.8], "sensitivity": [0.11, 0.12], "specificity": [0.13, 0.14]})"));
}

TEST_CASE("Regions and sizes have rows of their own") {
  const Json report = detection_report(evaluation(), "detection");
  REQUIRE(report.at("regions").size() == 3);
  CHECK(report.at("regions").at(0).at("region") == "hand");
  CHECK(report.at("regions").at(0).at("ap50") == Approx(1.0));
  CHECK(report.at("regions").at(1).at("ap50").is_null());  // no fracture of a hip
  CHECK(report.at("sizes").at(0).at("found") == 1);
}

TEST_CASE("The rows of a report give back what the paired bootstrap needs") {
  const DetectionEvaluation now = evaluation();
  const auto rows = rows_of_report(detection_report(now, "detection"), now);
  REQUIRE(rows);
  const ResampledFigures figures = Resampler(*rows).figures(std::vector<std::uint32_t>(rows->size(), 1));
  CHECK(*figures.ap50 == Approx(*now.coco.figures.ap50));
  CHECK(*figures.ap == Approx(*now.coco.figures.ap));
  CHECK(*figures.image_iou == Approx(*now.per_image.iou_mean));
  CHECK(*figures.sensitivity_at_1_fp == Approx(*froc_sensitivity(now.froc, 1.0)));
}

TEST_CASE("The rows of a report keep what counts for nothing") {
  Dataset dataset;
  dataset.images = {{1, "a.png", 100, 100, {}}};
  dataset.categories = {{0, "fractured"}};
  dataset.boxes = {{1, 0, {0, 0, 20, 20}, 400, false, true}, {1, 0, {50, 50, 20, 20}, 400, false, false}};
  REQUIRE(dataset.boxes[0].difficult);
  Predictions predictions;
  for (const Box& box : {Box{0, 0, 20, 20}, Box{50, 50, 20, 20}, Box{80, 0, 20, 20}})
    predictions.boxes.push_back({1, 0, box, 0.9 - box.y / 100 - box.x / 1000});
  const DetectionEvaluation now = evaluate_detections(dataset, predictions, {});
  const auto rows = rows_of_report(detection_report(now, "detection"), now);
  REQUIRE(rows);
  const auto flags = [](const ImageMatches& row) {
    std::vector<std::array<int, 4>> result;
    for (const ScoredMatch& match : row.classes.at(0).matches)
      result.push_back({match.true_positive, match.ignored, match.froc_true_positive, match.froc_ignored});
    return result;
  };
  CHECK(flags(rows->at(0)) == std::vector<std::array<int, 4>>{{0, 1023, 0, 1}, {0, 0, 0, 0}, {1023, 0, 1, 0}});
}

TEST_CASE("Rows of other images are not paired") {
  const DetectionEvaluation now = evaluation();
  Json other = detection_report(now, "detection");
  other["images_detail"][0]["file"] = "z.png";
  CHECK_FALSE(rows_of_report(other, now));
  other["images_detail"].erase(0);
  CHECK_FALSE(rows_of_report(other, now));
}

TEST_CASE("Rows of other ground truth are not paired") {
  const DetectionEvaluation now = evaluation();
  Json other = detection_report(now, "detection");
  for (Json& row : other["images_detail"])
    for (Json& of_class : row["matches"]) of_class["ground_truth"] = of_class["ground_truth"].get<int>() + 1;
  CHECK_FALSE(rows_of_report(other, now));
}

TEST_CASE("Undefined figures are n/a in text") {
  CHECK(figure_text(nullptr) == "n/a");
  CHECK(figure_text(3) == "3");
  CHECK(figure_text(0.25) == "0.2500");
  const std::string table = terminal_table(detection_report(evaluation(), "detection"));
  CHECK_THAT(table, Contains("AP large") && Contains("n/a"));
}

TEST_CASE("report.md shows gates first") {
  Json report = detection_report(evaluation(), "detection");
  report["gates"] = Json::array({{{"gate", "ap50>=2"}, {"met", false}, {"sentence", "ap50 is 1; a|b < 2"}}});
  const std::string text = markdown_report(report);
  CHECK_THAT(text, Contains(":x: ap50 is 1; a\\|b &lt; 2"));
  CHECK(text.find("Gates: 0 of 1 met") < text.find("AP50"));
  CHECK_THAT(text, Contains("excluded"));  // the definition stands beside the figures
}

TEST_CASE("names in report.md stay what they are") {
  Json report = detection_report(evaluation(), "detection");
  report["notes"] = Json::array({R"(images_of [hip]/*#1*.png is `a\b` & "c")"});
  report["regions"][0]["region"] = "left_hand|wrist";
  const std::string text = markdown_report(report);
  CHECK_THAT(text, Contains(R"(- images\_of \[hip\]/\*\#1\*.png is \`a\\b\` &amp; "c")"));
  CHECK_THAT(text, Contains(R"(| left\_hand\|wrist | 1 |)"));
}

TEST_CASE("report.md has a table for each way to divide the data") {
  const std::string text = markdown_report(detection_report(evaluation(), "detection"));
  CHECK_THAT(text, Contains("**By size of the ground-truth box**\n\n| size | boxes | found at the operating point |"));
  CHECK_THAT(text, Contains("| hand | 1 | 1 | 1.0000 | 1.0000 | 1.0000 | 1.0000 |"));
  CHECK_THAT(text, Contains("| hip | 1 | 0 | n/a | n/a | n/a | n/a |"));
  CHECK_THAT(text, Contains("| class | boxes | AP | AP50 | AP75 | AR | AP50 (VOC) |\n|---|---:|"));
  CHECK_THAT(text, Contains("| fractured | 1 | 1.0000 | 1.0000 | 1.0000 | 1.0000 | 1.0000 |"));
}

}  // namespace bonescan
