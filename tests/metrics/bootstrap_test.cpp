#include "bonescan/metrics/bootstrap.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/froc.h"
#include "bonescan/metrics/image_figures.h"
#include "bonescan/metrics/resampler.h"
#include "metrics/check_figure.h"
#include "metrics/eval_case.h"

namespace bonescan::test {

namespace {

EvalCase largest_case() {
  std::vector<EvalCase> cases = eval_cases();
  return *std::max_element(cases.begin(), cases.end(), [](const EvalCase& a, const EvalCase& b) {
    return a.set.image_ids.size() < b.set.image_ids.size();
  });
}

// The set in which image i stands weights[i] times, each copy under an id of its own.
EvaluationSet repeat_images(const EvaluationSet& set, const std::vector<std::int64_t>& ids,
                            const std::vector<std::uint32_t>& weights) {
  EvaluationSet repeated;
  repeated.category_ids = set.category_ids;
  std::int64_t next_id = 1;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::uint32_t copy = 0; copy < weights[i]; ++copy, ++next_id) {
      repeated.image_ids.push_back(next_id);
      for (GroundTruthBox truth : set.ground_truth) {
        if (truth.image_id != ids[i]) continue;
        truth.image_id = next_id;
        repeated.ground_truth.push_back(truth);
      }
      for (DetectedBox detection : set.detections) {
        if (detection.image_id != ids[i]) continue;
        detection.image_id = next_id;
        repeated.detections.push_back(detection);
      }
    }
  }
  return repeated;
}

void check_equal_figures(const ResampledFigures& figures, const EvaluationSet& set, double score_threshold) {
  const CocoFigures coco = evaluate_coco(set).figures;
  check_figure(figures.ap, coco.ap);
  check_figure(figures.ap50, coco.ap50);
  check_figure(figures.image_iou, image_figures(match_per_image(set, score_threshold)).iou_mean);
  check_figure(figures.sensitivity_at_1_fp, froc_sensitivity(froc_curve(set), 1.0));
}

// Forty images with a true positive at a score of its own, ten of them with a false positive above it.
EvaluationSet forty_images(double shift) {
  EvaluationSet set;
  set.category_ids = {1};
  for (int i = 1; i <= 40; ++i) {
    set.image_ids.push_back(i);
    set.ground_truth.push_back({i, 1, {0, 0, 50, 50}, 2500.0, false, false});
    set.detections.push_back({i, 1, {shift, 0, 50, 50}, 0.5 + 0.01 * i});
    if (i % 4 == 0) set.detections.push_back({i, 1, {200, 200, 50, 50}, 0.5 + 0.01 * i + 0.005});
  }
  return set;
}

}  // namespace

TEST_CASE("with every image once the resampled figures are the figures") {
  std::vector<EvalCase> cases = eval_cases();
  EvalCase with_difficult = largest_case();
  with_difficult.name += ", every third box difficult";
  for (std::size_t i = 0; i < with_difficult.set.ground_truth.size(); i += 3)
    with_difficult.set.ground_truth[i].difficult = true;
  cases.push_back(with_difficult);
  for (const EvalCase& one : cases) {
    INFO(one.name);
    const std::vector<ImageMatches> images = match_per_image(one.set, 0.3);
    const std::vector<std::uint32_t> once(images.size(), 1);
    check_equal_figures(Resampler(images).figures(once), one.set, 0.3);
  }
}

TEST_CASE("an image of weight w counts as w copies of it") {
  const EvalCase one = largest_case();
  const std::vector<ImageMatches> images = match_per_image(one.set, 0.3);
  std::vector<std::int64_t> ids;
  std::vector<std::uint32_t> weights;
  for (std::size_t i = 0; i < images.size(); ++i) {
    ids.push_back(images[i].image_id);
    weights.push_back(static_cast<std::uint32_t>(i % 4));
  }
  check_equal_figures(Resampler(images).figures(weights), repeat_images(one.set, ids, weights), 0.3);
}

TEST_CASE("intervals are the same bit for bit on any number of threads, and follow the seed") {
  const std::vector<ImageMatches> images = match_per_image(forty_images(5.0), 0.5);
  const ResampledIntervals one_thread = bootstrap_intervals(images, {500, 7, 1});
  for (const int threads : {2, 3, 8, 0}) {
    const ResampledIntervals other = bootstrap_intervals(images, {500, 7, threads});
    CHECK(other.ap50->lower == one_thread.ap50->lower);
    CHECK(other.ap50->upper == one_thread.ap50->upper);
    CHECK(other.ap->lower == one_thread.ap->lower);
    CHECK(other.image_iou->upper == one_thread.image_iou->upper);
    CHECK(other.sensitivity_at_1_fp->lower == one_thread.sensitivity_at_1_fp->lower);
  }
  CHECK(bootstrap_intervals(images, {500, 8, 1}).ap50->lower != one_thread.ap50->lower);
}

TEST_CASE("the interval of AP50 holds the figure and narrows with more images") {
  const EvaluationSet set = forty_images(5.0);
  const std::vector<ImageMatches> images = match_per_image(set, 0.5);
  const Interval interval = *bootstrap_intervals(images, {1000, 1, 0}).ap50;
  const double ap50 = *evaluate_coco(set).figures.ap50;
  CHECK(interval.lower < ap50);
  CHECK(ap50 < interval.upper);
  std::vector<ImageMatches> four_times;
  for (int i = 0; i < 4; ++i) four_times.insert(four_times.end(), images.begin(), images.end());
  const Interval narrower = *bootstrap_intervals(four_times, {1000, 1, 0}).ap50;
  CHECK(narrower.upper - narrower.lower < 0.7 * (interval.upper - interval.lower));
}

TEST_CASE("the interval of a mean is that of the normal approximation for many values") {
  // 0 and 1 in equal parts, n = 400: standard error 0.025, 95 % within 1.96 of them.
  std::vector<std::optional<double>> values(400);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 2);
  values.push_back(std::nullopt);
  const auto interval = bootstrap_mean(values, {4000, 3, 0});
  REQUIRE(interval.has_value());
  CHECK(interval->lower == Approx(0.451).margin(0.006));
  CHECK(interval->upper == Approx(0.549).margin(0.006));
}

TEST_CASE("figures that are undefined have no interval, and no replicates give none") {
  const EvaluationSet no_truth = one_class_set({1, 2}, {}, {{1, {0, 0, 5, 5}, 0.5}});
  const ResampledIntervals undefined = bootstrap_intervals(match_per_image(no_truth, 0.5), {100, 0, 0});
  CHECK_FALSE(undefined.ap50.has_value());
  CHECK_FALSE(undefined.image_iou.has_value());
  CHECK_FALSE(undefined.sensitivity_at_1_fp.has_value());
  CHECK_FALSE(bootstrap_intervals(match_per_image(forty_images(5.0), 0.5), {0, 0, 0}).ap50.has_value());
  CHECK_FALSE(bootstrap_intervals({}, {10, 0, 0}).ap50.has_value());
  CHECK_FALSE(bootstrap_mean({}, {10, 0, 0}).has_value());
}

TEST_CASE("a paired bootstrap tells a real drop from none") {
  const std::vector<ImageMatches> good = match_per_image(forty_images(0.0), 0.5);
  const std::vector<ImageMatches> bad = match_per_image(forty_images(20.0), 0.5);  // IoU 3000/7000 = 0.43: none matches
  const PairedDifferences drop = paired_bootstrap(bad, good, {1000, 1, 0});
  REQUIRE(drop.ap50.has_value());
  CHECK(drop.ap50->difference < -0.5);
  CHECK(drop.ap50->interval.upper < 0.0);
  CHECK(drop.ap50->probability_not_worse == Approx(1.0 / 1001.0));
  CHECK(drop.image_iou->difference == Approx(30.0 / 70.0 - 1.0));

  const PairedDifferences same = paired_bootstrap(good, good, {1000, 1, 0});
  CHECK(same.ap50->difference == 0.0);
  CHECK(same.ap50->probability_not_worse == 1.0);
  CHECK(same.ap50->probability_not_better == 1.0);
}

TEST_CASE("a paired bootstrap refuses different images") {
  std::vector<ImageMatches> images = match_per_image(forty_images(0.0), 0.5);
  std::vector<ImageMatches> others = images;
  others.pop_back();
  CHECK_THROWS_AS(paired_bootstrap(images, others), std::invalid_argument);
  others = images;
  others[3].image_id = 99;
  CHECK_THROWS_AS(paired_bootstrap(images, others), std::invalid_argument);
}

TEST_CASE("a paired bootstrap of means leaves out images that are undefined on either side") {
  const std::vector<std::optional<double>> current{0.5, 0.7, std::nullopt, 0.9};
  const std::vector<std::optional<double>> baseline{0.6, 0.8, 0.1, std::nullopt};
  const auto difference = paired_bootstrap_mean(current, baseline, {200, 1, 0});
  REQUIRE(difference.has_value());
  CHECK(difference->difference == Approx(-0.1));
  CHECK(difference->interval.upper == Approx(-0.1));
  CHECK(difference->probability_not_worse == Approx(1.0 / 201.0));
}

}  // namespace bonescan::test
