#include "bonescan/metrics/mask_metrics.h"

#include <catch2/catch.hpp>

#include <stdexcept>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace {

struct Mask {
  std::vector<std::uint8_t> pixels;
  int width = 0;
  int height = 0;

  MaskView view() const { return {pixels, width, height}; }
};

Mask empty_mask(int width, int height) {
  return {std::vector<std::uint8_t>(static_cast<std::size_t>(width * height), 0), width, height};
}

Mask rectangle(int width, int height, int left, int top, int right, int bottom) {
  Mask mask = empty_mask(width, height);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) mask.pixels[static_cast<std::size_t>(y * width + x)] = 255;
  }
  return mask;
}

Mask read_mask(const Json& rows) {
  Mask mask = empty_mask(static_cast<int>(rows.at(0).size()), static_cast<int>(rows.size()));
  std::size_t place = 0;
  for (const Json& row : rows) {
    for (const Json& pixel : row) mask.pixels[place++] = pixel.get<std::uint8_t>();
  }
  return mask;
}

}  // namespace

TEST_CASE("mask IoU and Dice equal the published cases") {
  const auto answers = shared_or_skipped("eval-cases/other/masks.json");
  if (!answers) return;
  const Json cases = read_json_file(*answers).at("cases");
  REQUIRE_FALSE(cases.empty());
  for (const Json& one : cases) {
    INFO(one.at("name"));
    const MaskFigures figures = mask_figures(read_mask(one.at("truth")).view(), read_mask(one.at("prediction")).view());
    const Json& expected = one.at("expected");
    CHECK(figures.counts.true_positives == expected.at("tp").get<std::uint64_t>());
    CHECK(figures.counts.false_positives == expected.at("fp").get<std::uint64_t>());
    CHECK(figures.counts.false_negatives == expected.at("fn").get<std::uint64_t>());
    CHECK(figures.counts.true_negatives == expected.at("tn").get<std::uint64_t>());
    check_figure(figures.iou, expected_number(expected.at("iou")));
    check_figure(figures.dice, expected_number(expected.at("dice")));
  }
}

TEST_CASE("mask figures of two overlapping rectangles, by hand") {
  // 4x4 and 4x4 in 10x10, shifted by 2: 8 shared, 24 joined.
  const Mask truth = rectangle(10, 10, 0, 0, 4, 4), prediction = rectangle(10, 10, 2, 0, 6, 4);
  const MaskFigures figures = mask_figures(truth.view(), prediction.view());
  check_figure(figures.iou, 8.0 / 24.0);
  check_figure(figures.dice, 16.0 / 32.0);
  check_figure(figures.accuracy, 84.0 / 100.0);
}

TEST_CASE("two empty masks have no IoU and no Dice, and one empty mask has 0") {
  const Mask empty = empty_mask(5, 5), full = rectangle(5, 5, 1, 1, 4, 4);
  const MaskFigures both = mask_figures(empty.view(), empty.view());
  CHECK_FALSE(both.iou.has_value());
  CHECK_FALSE(both.dice.has_value());
  CHECK_FALSE(both.boundary_f.has_value());
  CHECK(both.accuracy == 1.0);
  CHECK(mask_figures(full.view(), empty.view()).iou == 0.0);
  CHECK(mask_figures(empty.view(), full.view()).dice == 0.0);
  CHECK(mask_figures(empty.view(), full.view()).boundary_f == 0.0);
}

TEST_CASE("the summary takes means over defined images and the global IoU from summed pixels") {
  const Mask empty = empty_mask(4, 4), half = rectangle(4, 4, 0, 0, 4, 2), quarter = rectangle(4, 4, 0, 0, 2, 2);
  const std::vector<MaskFigures> images{mask_figures(half.view(), half.view()),
                                        mask_figures(half.view(), quarter.view()),
                                        mask_figures(empty.view(), empty.view())};
  const MaskSummary summary = summarize_masks(images);
  CHECK(summary.images == 3);
  CHECK(summary.both_empty == 1);
  check_figure(summary.iou_mean, (1.0 + 0.5) / 2.0);
  check_figure(summary.iou_max, 1.0);
  check_figure(summary.iou_global, 12.0 / 16.0);
  check_figure(summary.dice_global, 24.0 / 28.0);
  check_figure(summary.pixel_accuracy, (1.0 + 0.75 + 1.0) / 3.0);
}

TEST_CASE("the boundary F-score forgives two pixels and no more") {
  const Mask truth = rectangle(40, 40, 10, 10, 30, 30);
  CHECK(boundary_f_score(truth.view(), truth.view()) == 1.0);
  CHECK(boundary_f_score(truth.view(), rectangle(40, 40, 12, 10, 32, 30).view()) == 1.0);
  // Shifted right by 3: of the 76 boundary pixels, the 20 of the right edge find none (its ends are 3 away from
  // the corners), and of the left edge all but 3 at each end, which lie near the upper and lower edge: 76-20-14.
  const auto shifted = boundary_f_score(truth.view(), rectangle(40, 40, 13, 10, 33, 30).view());
  check_figure(shifted, 42.0 / 76.0);
  CHECK(boundary_f_score(truth.view(), rectangle(40, 40, 0, 0, 3, 3).view()) == 0.0);
}

TEST_CASE("a mask that runs out of the image has no boundary there") {
  const Mask left_half = rectangle(20, 20, 0, 0, 10, 20), full = rectangle(20, 20, 0, 0, 20, 20);
  CHECK_FALSE(boundary_f_score(full.view(), full.view()).has_value());
  CHECK(boundary_f_score(left_half.view(), full.view()) == 0.0);
  CHECK(boundary_f_score(left_half.view(), rectangle(20, 20, 0, 0, 12, 20).view()) == 1.0);
}

TEST_CASE("masks of different sizes are refused") {
  CHECK_THROWS_AS(mask_figures(empty_mask(4, 4).view(), empty_mask(4, 5).view()), std::invalid_argument);
}

}  // namespace bonescan::test
