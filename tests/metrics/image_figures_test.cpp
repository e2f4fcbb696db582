#include "bonescan/metrics/image_figures.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"

namespace bonescan::test {

namespace {

PerImageSummary summarize(const EvaluationSet& set, double score_threshold, int max_detections = 100) {
  return image_figures(match_per_image(set, score_threshold, max_detections));
}

}  // namespace

TEST_CASE("image IoU is the reading 'mean over truth of best detection' on every case") {
  for (const EvalCase& one : eval_cases()) {
    for (const Json& reading : one.expected.at("pycocotools_and_reference").at("box_iou_readings")) {
      const PerImageSummary summary = summarize(one.set, reading.at("min_score"));
      INFO(one.name << " from score " << reading.at("min_score"));
      CHECK(summary.images_counted == reading.at("images").get<std::size_t>());
      CHECK(summary.images_counted + summary.images_excluded == one.set.image_ids.size());
      const char* name = "mean_over_truth_of_best_detection";
      check_figure(summary.iou_mean, expected_number(reading.at("mean_over_images").value(name, Json())));
      check_figure(summary.iou_max, expected_number(reading.at("max_over_images").value(name, Json())));
    }
  }
}

TEST_CASE("image AP50 equals that of each image alone on every case") {
  for (const EvalCase& one : eval_cases()) {
    const Json& expected = one.expected.at("pycocotools_and_reference").at("per_image_torchmetrics_style");
    const PerImageSummary summary = summarize(one.set, 0.0);
    check_figure(summary.ap50_mean, expected_number(expected.at("mean_AP50_over_images_with_gt")));
    check_figure(summary.ap50_max, expected_number(expected.at("max_AP50")));
    for (const Json& row : expected.at("rows")) {
      INFO(one.name << " image " << row.at("image_id"));
      const auto image = std::find_if(summary.images.begin(), summary.images.end(), [&](const ImageFigures& figures) {
        return figures.image_id == row.at("image_id");
      });
      REQUIRE(image != summary.images.end());
      check_figure(image->image_ap50, expected_number(row.at("AP50")));
    }
  }
}

TEST_CASE("images without ground truth are excluded and counted, whatever is detected on them") {
  const Box box{0, 0, 10, 10};
  const EvaluationSet set = one_class_set({1, 2, 3}, {{1, box}}, {{1, box, 0.9}, {2, box, 0.9}});
  const PerImageSummary summary = summarize(set, 0.5);
  CHECK(summary.images_counted == 1);
  CHECK(summary.images_excluded == 2);
  CHECK(summary.iou_mean == 1.0);
  CHECK_FALSE(summary.images[1].image_iou.has_value());
}

TEST_CASE("image IoU takes detections at or above the score threshold, of whatever class") {
  const Box box{0, 0, 10, 10};
  EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, {0, 0, 10, 5}, 0.5}, {1, box, 0.4}});
  CHECK(summarize(set, 0.4).iou_mean == 1.0);
  CHECK(summarize(set, 0.5).iou_mean == 0.5);
  CHECK(summarize(set, 0.6).iou_mean == 0.0);
  set.category_ids.push_back(2);
  set.detections[1].category_id = 2;
  CHECK(summarize(set, 0.4).iou_mean == 1.0);
}

TEST_CASE("image figures leave out difficult objects and what matches them") {
  const Box easy{0, 0, 10, 10}, difficult{50, 50, 10, 10};
  EvaluationSet set = one_class_set({1, 2}, {{1, easy}, {1, difficult}, {2, difficult}},
                                    {{1, difficult, 0.9}, {1, easy, 0.8}, {2, difficult, 0.9}});
  set.ground_truth[1].difficult = set.ground_truth[2].difficult = true;
  const PerImageSummary summary = summarize(set, 0.0);
  CHECK(summary.images_counted == 1);
  CHECK(summary.images[0].ground_truth == 1);
  CHECK(summary.iou_mean == 1.0);
  REQUIRE(summary.ap50_mean);
  CHECK(*summary.ap50_mean == Approx(1.0));
}

TEST_CASE("image AP50 takes the first detections of each class, as many as the limit says") {
  const Box box{0, 0, 10, 10}, elsewhere{50, 50, 10, 10};
  const EvaluationSet set = one_class_set({1}, {{1, box}}, {{1, box, 0.4}, {1, elsewhere, 0.9}});
  CHECK(summarize(set, 0.0, 2).ap50_mean == 0.5);
  CHECK(summarize(set, 0.0, 0).ap50_mean == 0.5);
  CHECK(summarize(set, 0.0, 1).ap50_mean == 0.0);
}

}  // namespace bonescan::test
