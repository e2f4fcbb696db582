// Detection on pictures whose answer is arithmetic: the tiny detector boxes each bright quadrant.
#include "bonescan/model/detector.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "bonescan/core/error.h"
#include "bonescan/model/segmenter.h"
#include "support/scripted_network.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

// Black but for the upper right quadrant (white) and the lower left one (grey 204, which is 0.8).
Radiograph two_bright_quadrants(cv::Size size) {
  cv::Mat pixels = cv::Mat::zeros(size, CV_8U);
  const int x = size.width / 2, y = size.height / 2;
  pixels(cv::Rect(x, 0, size.width - x, y)).setTo(255);
  pixels(cv::Rect(0, y, x, size.height - y)).setTo(204);
  return {pixels, size, 0.0, 255.0};
}

double sigmoid(double logit) {
  return 1.0 / (1.0 + std::exp(-logit));
}

}  // namespace

TEST_CASE("bright quadrants are found, best first, in pixels of the image") {
  const auto name = GENERATE("detector", "detector_centre_size", "detector_centre_size_unsaid");
  CAPTURE(name);
  const Detector detector = load_detector(test::tiny_model(name));
  const std::vector<Detection> found = detector.detect(two_bright_quadrants({320, 160}));
  REQUIRE(found.size() == 2);
  CHECK(found[0].label == "fractured");
  CHECK(found[0].score == Approx(sigmoid(8 * 0.5)).margin(1e-5));
  CHECK(found[0].box == Box{160, 0, 160, 80});
  CHECK(found[1].score == Approx(sigmoid(8 * 0.3)).margin(1e-5));
  CHECK(found[1].box == Box{0, 80, 160, 80});
}

TEST_CASE("boxes refer to the upright image even if it was decoded smaller") {
  Radiograph reduced = two_bright_quadrants({320, 160});
  reduced.size = {1280, 640};
  const std::vector<Detection> found = load_detector(test::tiny_model("detector")).detect(reduced);
  REQUIRE(found.size() == 2);
  CHECK(found[0].box == Box{640, 0, 640, 320});
}

TEST_CASE("options come from the caller, else the card, else torchvision's defaults") {
  const auto options = [](const DetectionOptions& given) {
    return load_detector(test::tiny_model("detector"), {}, given).options();
  };
  CHECK(options({}).score_threshold == 0.5);  // the card's
  CHECK(SsdOptions().score_threshold == 0.01);
  CHECK(options({}).nms_iou == 0.45);
  CHECK(options({}).box_voting_iou == 1.0);
  CHECK(options({}).max_detections == 200);
  CHECK(options({}).top_k == 400);
  const SsdOptions given =
      options({.score_threshold = 0.1, .nms_iou = 0.2, .box_voting_iou = 0.7, .max_detections = 3, .top_k = 4});
  CHECK(given.score_threshold == 0.1);
  CHECK(given.nms_iou == 0.2);
  CHECK(given.box_voting_iou == 0.7);
  CHECK(given.max_detections == 3);
  CHECK(given.top_k == 4);

  const auto count = [](const DetectionOptions& chosen) {
    return load_detector(test::tiny_model("detector"), {}, chosen).detect(two_bright_quadrants({64, 64})).size();
  };
  CHECK(count({.score_threshold = 0.0}) == 4);
  CHECK(count({.score_threshold = 0.95}) == 1);
  CHECK(count({.max_detections = 1}) == 1);
}

TEST_CASE("impossible options are refused") {
  const auto load = [](const DetectionOptions& options) { load_detector(test::tiny_model("detector"), {}, options); };
  CHECK_THROWS_AS(load({.score_threshold = 1.01}), UsageError);
  CHECK_THROWS_AS(load({.nms_iou = -0.5}), UsageError);
  CHECK_THROWS_AS(load({.nms_iou = std::nan("")}), UsageError);
  CHECK_THROWS_AS(load({.box_voting_iou = 1.1}), UsageError);
  CHECK_THROWS_AS(load({.max_detections = 0}), UsageError);
  CHECK_THROWS_AS(load({.top_k = -1}), UsageError);
}

namespace {

// One anchor on each quadrant of the input, and an answer that does not depend on the picture: sure of the upper left
// quadrant alone, every box a tenth too far to the right and down.
class OneSidedNetwork : public Network {
 public:
  explicit OneSidedNetwork(Tensor anchors) : anchors_(std::move(anchors)) {}

  std::vector<Tensor> run(const Tensor& /*input*/) const override {
    ++runs;
    return {{{1, 4, 2}, {0, 4, 0, -4, 0, -4, 0, -4}},
            {{1, 4, 4}, {1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0}},
            anchors_};
  }

  mutable int runs = 0;

 private:
  Tensor anchors_;
};

Model one_sided_model(std::vector<float> anchors) {
  Model model;
  model.path = "one_sided.pt";
  model.card = read_model_card(test::tiny_model("detector"), ModelTask::kDetection);
  model.card.anchor_format = AnchorFormat::kCorners;
  model.card.box_weights = {10, 10, 5, 5};
  model.anchors = {{4, 4}, std::move(anchors)};
  model.network = std::make_unique<OneSidedNetwork>(model.anchors);
  return model;
}

// Corners of the four quadrants of the card's input, by rows.
std::vector<float> quadrants() {
  const InputSpec input = read_model_card(test::tiny_model("detector"), ModelTask::kDetection).input;
  const auto x = static_cast<float>(input.width) / 2, y = static_cast<float>(input.height) / 2;
  return {0, 0, x, y, x, 0, 2 * x, y, 0, y, x, 2 * y, x, y, 2 * x, 2 * y};
}

}  // namespace

TEST_CASE("heads that are not numbers, or of another shape, are an error of the image") {
  Model model = one_sided_model(quadrants());
  const std::vector<Tensor> good = model.network->run({});
  std::vector<Tensor> undefined = good, shorter = good;
  undefined[0].values[3] = std::nanf("");
  shorter[1] = {{1, 3, 4}, std::vector<float>(12)};
  model.network = std::make_unique<test::ScriptedNetwork>(std::vector{undefined, shorter, good});
  const Detector detector(std::move(model), {});
  CHECK_THROWS_WITH(detector.detect(two_bright_quadrants({320, 160})), Catch::Contains("not finite"));
  CHECK_THROWS_WITH(detector.detect(two_bright_quadrants({320, 160})), Catch::Contains("another shape"));
  CHECK_FALSE(detector.detect(two_bright_quadrants({320, 160})).empty());
}

TEST_CASE("test-time flips average what the network says of a picture and of its mirror images") {
  const Detector detector(one_sided_model(quadrants()), {.score_threshold = 0.0, .test_time_flips = true});
  const std::vector<Detection> found = detector.detect(two_bright_quadrants({320, 160}));
  REQUIRE(found.size() == 4);
  for (const Detection& each : found) CHECK(each.score == Approx((sigmoid(4) + 3 * sigmoid(-4)) / 4).margin(1e-6));
  // Two shifts to the right and down and two to the left and up: no shift.
  CHECK(found[0].box == Box{0, 0, 160, 80});
  CHECK(found[3].box == Box{160, 80, 160, 80});
}

TEST_CASE("test-time flips show the network each mirror image once") {
  const Detector detector(one_sided_model(quadrants()), {.test_time_flips = true});
  const auto& network = dynamic_cast<const OneSidedNetwork&>(*detector.model().network);
  detector.detect(two_bright_quadrants({320, 160}));
  CHECK(network.runs == 4);
}

TEST_CASE("test-time flips find bright quadrants where they lie") {
  const Detector detector = load_detector(test::tiny_model("detector"), {}, {.test_time_flips = true});
  const std::vector<Detection> found = detector.detect(two_bright_quadrants({320, 160}));
  REQUIRE(found.size() == 2);
  CHECK(found[0].score == Approx(sigmoid(8 * 0.5)).margin(1e-5));
  CHECK(found[0].box == Box{160, 0, 160, 80});
  CHECK(found[1].score == Approx(sigmoid(8 * 0.3)).margin(1e-5));
  CHECK(found[1].box == Box{0, 80, 160, 80});
}

TEST_CASE("test-time flips find mirror images wherever rounding moves them") {
  std::vector<float> anchors = quadrants();
  // On a grid of sixteenths these centres lie between two places: a little more or less is another one.
  const float offset = 1.0F / 16, rounding = 1e-4F;
  for (const std::size_t left : {0, 8}) anchors[left] += offset;
  for (const std::size_t right : {6, 14}) anchors[right] -= offset - rounding;
  const Detector detector(one_sided_model(anchors), {.score_threshold = 0.0, .test_time_flips = true});
  CHECK(detector.detect(two_bright_quadrants({320, 160})).size() == 4);
}

TEST_CASE("a segmenter is no detector, and a detector no segmenter") {
  CHECK_THROWS_WITH(Detector(load_model(test::tiny_model("segmenter"), ModelTask::kSegmentation)),
                    Catch::Contains("segmenter.pt is a model for segmentation; here it should be one for detection"));
  CHECK_THROWS_WITH(Segmenter(load_model(test::tiny_model("detector"), ModelTask::kDetection)),
                    Catch::Contains("detector.pt is a model for detection; here it should be one for segmentation"));
}

TEST_CASE("test-time flips are refused where an anchor has no mirror image") {
  std::vector<float> anchors = quadrants();
  anchors[2] -= 1;
  CHECK_THROWS_WITH(Detector(one_sided_model(anchors), {.test_time_flips = true}),
                    Catch::Contains("--tta") && Catch::Contains("one_sided.pt"));
}

}  // namespace bonescan
