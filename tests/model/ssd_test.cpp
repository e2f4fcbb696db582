// SSD post-processing against torchvision's own answers and against arithmetic.
#include "bonescan/model/ssd.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "bonescan/core/json.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

std::vector<float> flatten(const Json& nested) {
  std::vector<float> values;
  for (const Json& value : nested.flatten()) values.push_back(value.get<float>());
  return values;
}

Tensor to_tensor(const Json& rows, bool of_one_image) {
  const auto count = static_cast<std::int64_t>(rows.size());
  const auto width = static_cast<std::int64_t>(rows[0].size());
  Tensor tensor{{count, width}, flatten(rows)};
  if (of_one_image) tensor.shape.insert(tensor.shape.begin(), 1);
  return tensor;
}

SsdOptions to_options(const Json& settings) {
  return {settings.at("score_threshold"), settings.at("candidates_per_class"), settings.at("nms_iou"),
          settings.at("max_detections"), settings.at("box_voting_iou")};
}

// `expected`: boxes as corners, scores, labels, as torchvision returns them.
void check_equal(const std::vector<ScoredBox>& found, const Json& expected) {
  REQUIRE(found.size() == expected.at("scores").size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    const Json& corners = expected.at("boxes")[i];
    const Box& box = found[i].box;
    CHECK(found[i].class_index == expected.at("labels")[i].get<int>());
    CHECK(found[i].score == Approx(expected.at("scores")[i].get<double>()).margin(1e-5));
    CHECK(box.x == Approx(corners[0].get<double>()).margin(1e-3));
    CHECK(box.y == Approx(corners[1].get<double>()).margin(1e-3));
    CHECK(box.x + box.width == Approx(corners[2].get<double>()).margin(1e-3));
    CHECK(box.y + box.height == Approx(corners[3].get<double>()).margin(1e-3));
  }
}

constexpr std::array<double, 4> kBoxWeights = {10.0, 10.0, 5.0, 5.0};

// Two-class logits whose softmax gives the second class `probability`.
std::vector<float> logits_for(const std::vector<double>& probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.insert(logits.end(), {0.0F, static_cast<float>(std::log(p / (1.0 - p)))});
  return logits;
}

struct Heads {
  Tensor logits;
  Tensor deltas;
  Tensor anchors;

  Heads(const std::vector<double>& probabilities, std::vector<float> delta_values, std::vector<float> anchor_values)
      : logits{{1, std::int64_t(probabilities.size()), 2}, logits_for(probabilities)},
        deltas{{1, std::int64_t(probabilities.size()), 4}, std::move(delta_values)},
        anchors{{std::int64_t(probabilities.size()), 4}, std::move(anchor_values)} {}

  std::vector<ScoredBox> decode(const SsdOptions& options = {}, AnchorFormat format = AnchorFormat::kCorners) const {
    return decode_ssd({logits, deltas, anchors}, kBoxWeights, format, 300, 200, options);
  }
};

// The boxes with these corners and scores that suppression leaves, best first.
std::vector<ScoredBox> decode_boxes(const std::vector<double>& scores, std::vector<float> corners, double nms_iou) {
  std::vector<float> deltas(corners.size(), 0.0F);
  const Heads heads(scores, std::move(deltas), std::move(corners));
  return heads.decode({.score_threshold = 0.0, .nms_iou = nms_iou});
}

// To four digits: softmax gives them back up to the rounding of a float.
std::vector<double> scores_of(const std::vector<ScoredBox>& boxes) {
  std::vector<double> scores;
  for (const ScoredBox& box : boxes) scores.push_back(std::round(box.score * 1e4) / 1e4);
  return scores;
}

}  // namespace

TEST_CASE("decoding agrees with torchvision's SSD.postprocess_detections") {
  const Json fixture = read_json_file(test::data_folder() / "ssd_postprocess" / "random_heads.json");
  const Tensor anchors = to_tensor(fixture.at("anchors"), false);
  const std::array<double, 4> weights = fixture.at("box_weights");
  for (const Json& settings : fixture.at("cases")) {
    CAPTURE(settings.at("name"));
    for (std::size_t image = 0; image < settings.at("images").size(); ++image) {
      CAPTURE(image);
      const Tensor logits = to_tensor(fixture.at("class_logits")[image], true);
      const Tensor deltas = to_tensor(fixture.at("box_deltas")[image], true);
      check_equal(decode_ssd({logits, deltas, anchors}, weights, AnchorFormat::kCorners, fixture.at("input_width"),
                             fixture.at("input_height"), to_options(settings)),
                  settings.at("images")[image]);
    }
  }
}

TEST_CASE("a box is decoded from its anchor as Ren et al. define it") {
  // Centre (100 + 5/10 * 40, 80 - 5/10 * 20) = (120, 70); size 40 * e^(5 ln 2 / 5) = 80 by 20 * e^0 = 20.
  const float log_two = std::log(2.0F);
  const Heads corners({0.9}, {5, -5, 5 * log_two, 0}, {80, 70, 120, 90});
  const Heads centre({0.9}, {5, -5, 5 * log_two, 0}, {100, 80, 40, 20});
  for (const auto& found : {corners.decode(), centre.decode({}, AnchorFormat::kCentreSize)}) {
    REQUIRE(found.size() == 1);
    CHECK(found[0].score == Approx(0.9));
    CHECK(found[0].class_index == 1);
    CHECK(found[0].box.x == Approx(80.0));
    CHECK(found[0].box.y == Approx(60.0));
    CHECK(found[0].box.width == Approx(80.0));
    CHECK(found[0].box.height == Approx(20.0));
  }
}

TEST_CASE("boxes are clipped to the input, and sizes grow to 62.5 anchors at most") {
  // The second box: 1000 / 16 = 62.5 times the anchor's width of 4 is 250.
  const Heads heads({0.9, 0.8}, {0, 0, 0, 0, 0, 0, 500, 0}, {-50, -50, 20, 20, 148, 98, 152, 102});
  const std::vector<ScoredBox> found = heads.decode();
  REQUIRE(found.size() == 2);
  CHECK(found[0].box == Box{0, 0, 20, 20});
  CHECK(found[1].box.x == Approx(25.0));
  CHECK(found[1].box.width == Approx(250.0));
}

TEST_CASE("a score that is written down, and then the threshold, counts") {
  const Heads heads({0.2, 0.6}, std::vector<float>(8, 0.0F), {0, 0, 10, 10, 20, 0, 30, 10});
  for (const ScoredBox& box : heads.decode({.score_threshold = 0.0})) {
    CAPTURE(box.score);
    const double written = shortest_double(box.score);
    const std::vector<ScoredBox> found = heads.decode({.score_threshold = written});
    REQUIRE_FALSE(found.empty());
    CHECK(found.back().score == box.score);
  }
}

TEST_CASE("only scores at or above the threshold count, equal ones keep the order of their anchors") {
  const std::vector<float> apart = {0, 0, 10, 10, 20, 0, 30, 10, 40, 0, 50, 10, 60, 0, 70, 10};
  const Heads heads({0.5, 0.2, 0.5, 0.7}, std::vector<float>(16, 0.0F), apart);
  const auto lefts = [](const std::vector<ScoredBox>& boxes) {
    std::vector<double> result;
    for (const ScoredBox& box : boxes) result.push_back(box.box.x);
    return result;
  };
  CHECK(lefts(heads.decode()) == std::vector<double>{60, 0, 40, 20});
  CHECK(lefts(heads.decode({.score_threshold = 0.5})) == std::vector<double>{60, 0, 40});
  CHECK(lefts(heads.decode({.score_threshold = 0.51})) == std::vector<double>{60});
  CHECK(lefts(heads.decode({.top_k = 2})) == std::vector<double>{60, 0});
  CHECK(lefts(heads.decode({.max_detections = 3})) == std::vector<double>{60, 0, 40});
}

TEST_CASE("heads that are not numbers give no boxes") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Heads heads({0.9, 0.9, 0.9}, {nan, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 1, 1, 20, 0, 21, 1, 5, 5, 6, 6});
  heads.logits.values[3] = nan;  // of the second anchor
  const std::vector<ScoredBox> found = heads.decode();
  REQUIRE(found.size() == 1);
  CHECK(found[0].box == Box{5, 5, 1, 1});
}

TEST_CASE("box voting moves a box that stays to the mean of those that overlap it, weighted by score") {
  // IoU with the first box: 100 / 120 and 100 / 300. The second moves the lower edge to (0.6 * 10 + 0.3 * 12) / 0.9.
  const Heads heads({0.6, 0.3, 0.2}, std::vector<float>(12, 0.0F), {0, 0, 10, 10, 0, 0, 10, 12, 0, 0, 10, 30});
  const std::vector<ScoredBox> voted = heads.decode({.box_voting_iou = 0.6});
  REQUIRE(voted.size() == 2);
  CHECK(voted[0].score == Approx(0.6));
  CHECK(voted[0].box.x == Approx(0.0).margin(1e-6));
  CHECK(voted[0].box.width == Approx(10.0));
  CHECK(voted[0].box.height == Approx(32.0 / 3.0));
  CHECK(voted[1].score == Approx(0.2));
  CHECK(voted[1].box.height == Approx(30.0));
  CHECK(heads.decode()[0].box.height == Approx(10.0));

  const Heads certain({0.9, 0.0}, std::vector<float>(8, 0.0F), {0, 0, 10, 10, 20, 0, 30, 10});
  const std::vector<ScoredBox> all = certain.decode({.score_threshold = 0.0, .box_voting_iou = 0.6});
  REQUIRE(all.size() == 2);
  CHECK(all[1].score == 0.0F);
  CHECK(all[1].box == Box{20, 0, 10, 10});

  for (const double threshold : {0.5, shortest_double(voted[0].score)}) {
    const std::vector<ScoredBox> sure = heads.decode({.score_threshold = threshold, .box_voting_iou = 0.6});
    REQUIRE(sure.size() == 1);
    CHECK(sure[0].box == voted[0].box);
  }
}

TEST_CASE("suppression keeps what torchvision.ops.nms keeps") {
  const auto file = test::shared_or_skipped("eval-cases/other/nms.json");
  if (!file) return;
  const Json cases = read_json_file(*file).at("cases");
  REQUIRE_FALSE(cases.empty());
  for (const Json& test : cases) {
    const std::vector<double> scores = test.at("scores");
    const auto found = decode_boxes(scores, flatten(test.at("boxes_xyxy")), test.at("iou_threshold"));
    std::vector<double> kept;
    for (const int index : test.at("keep")) kept.push_back(scores[index]);
    CHECK(scores_of(found) == kept);
  }
}

TEST_CASE("suppression spares boxes at the threshold and of no area") {
  // IoU of the first two: 50 / 100.
  const std::vector<float> boxes = {0, 0, 10, 10, 0, 0, 10, 5, 3, 3, 3, 3, 3, 3, 3, 3};
  CHECK(scores_of(decode_boxes({0.9, 0.8, 0.7, 0.7}, boxes, 0.5)) == std::vector<double>{0.9, 0.8, 0.7, 0.7});
  CHECK(scores_of(decode_boxes({0.8, 0.9, 0.1, 0.2}, boxes, 0.49)) == std::vector<double>{0.9, 0.2, 0.1});
}

TEST_CASE("classes do not suppress each other") {
  const Tensor logits{{1, 1, 3}, {0.0F, 2.0F, 1.0F}};
  const Tensor deltas{{1, 1, 4}, {0, 0, 0, 0}};
  const Tensor anchors{{1, 4}, {0, 0, 10, 10}};
  const auto found = decode_ssd({logits, deltas, anchors}, kBoxWeights, AnchorFormat::kCorners, 300, 300);
  REQUIRE(found.size() == 2);
  CHECK(found[0].class_index == 1);
  CHECK(found[1].class_index == 2);
  CHECK(found[0].score == Approx(std::exp(2.0) / (1.0 + std::exp(2.0) + std::exp(1.0))));
}

}  // namespace bonescan
