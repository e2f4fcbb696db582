// Bone masks and the decision whether there is bone, on pictures whose answer is arithmetic: the tiny segmenter calls a
// pixel bone if it is brighter than one half.
#include "bonescan/model/segmenter.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "bonescan/core/error.h"
#include "support/scripted_network.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

Radiograph grey_picture(const cv::Mat& pixels) {
  return {pixels, pixels.size(), 0.0, 255.0};
}

// White on the left `white_share`, black on the right.
Radiograph half_white(cv::Size size, double white_share = 0.5) {
  cv::Mat pixels = cv::Mat::zeros(size, CV_8U);
  pixels.colRange(0, static_cast<int>(std::lround(size.width * white_share))).setTo(255);
  return grey_picture(pixels);
}

const double kWhiteProbability = 1.0 / (1.0 + std::exp(-10.0));  // logit 20 x (1 - 0.5)

}  // namespace

TEST_CASE("the mask covers what is bone, at the image's size") {
  const Segmenter segmenter = load_segmenter(test::tiny_model("segmenter"));
  const BoneFinding finding = segmenter.segment(half_white({160, 96}));
  CHECK(finding.present);
  CHECK(finding.fraction == 0.5);
  CHECK(finding.confidence == Approx(kWhiteProbability).margin(1e-4));
  REQUIRE(finding.mask.type() == CV_8U);
  REQUIRE(finding.mask.size() == cv::Size(160, 96));
  // One pixel of the network's grid is ten of the image's; the edge lies within half of that.
  CHECK(cv::countNonZero(finding.mask.colRange(0, 75) != 255) == 0);
  CHECK(cv::countNonZero(finding.mask.colRange(85, 160)) == 0);
  CHECK(cv::countNonZero(finding.mask) == Approx(160 * 96 / 2).epsilon(0.02));
}

TEST_CASE("the mask has the size of the upright image even if that was decoded smaller") {
  Radiograph reduced = half_white({160, 96});
  reduced.size = {640, 384};
  const BoneFinding finding = load_segmenter(test::tiny_model("segmenter")).segment(reduced);
  REQUIRE(finding.mask.size() == cv::Size(640, 384));
  // One pixel of the network's grid is forty of the image's.
  CHECK(cv::countNonZero(finding.mask.colRange(0, 300) != 255) == 0);
  CHECK(cv::countNonZero(finding.mask.colRange(340, 640)) == 0);
}

TEST_CASE("a picture without bone has an empty mask and no confidence") {
  const Segmenter segmenter =
      load_segmenter(test::tiny_model("segmenter"), {}, {.min_bone_fraction = 0.0, .min_bone_confidence = 0.0});
  const BoneFinding finding = segmenter.segment(grey_picture(cv::Mat::zeros(50, 40, CV_8U)));
  CHECK_FALSE(finding.present);
  CHECK(finding.fraction == 0.0);
  CHECK(finding.confidence == 0.0);
  CHECK(finding.mask.size() == cv::Size(40, 50));
  CHECK(cv::countNonZero(finding.mask) == 0);
}

TEST_CASE("bone is present if there is enough of it, confidently enough") {
  const auto present = [](const SegmentationOptions& options) {
    return load_segmenter(test::tiny_model("segmenter"), {}, options).segment(half_white({160, 160})).present;
  };
  CHECK(present({.min_bone_fraction = 0.5}));
  CHECK_FALSE(present({.min_bone_fraction = 0.51}));
  CHECK(present({.min_bone_confidence = 0.999}));
  CHECK_FALSE(present({.min_bone_confidence = 1.0}));
}

TEST_CASE("the mask threshold is a probability") {
  // Grey 153 is 0.6: logit 2, probability 0.88.
  const Radiograph picture = grey_picture(cv::Mat(32, 32, CV_8U, cv::Scalar(153)));
  const auto fraction = [&](double threshold) {
    return load_segmenter(test::tiny_model("segmenter"), {}, {.mask_threshold = threshold}).segment(picture).fraction;
  };
  CHECK(fraction(0.87) == 1.0);
  CHECK(fraction(0.89) == 0.0);
}

TEST_CASE("the letterbox border counts neither as image nor as bone") {
  const Segmenter segmenter = load_segmenter(test::tiny_model("segmenter_letterbox"));
  const BoneFinding white = segmenter.segment(grey_picture(cv::Mat(40, 160, CV_8U, cv::Scalar(255))));
  CHECK(white.fraction == 1.0);
  CHECK(cv::countNonZero(white.mask) == 40 * 160);
  const BoneFinding half = segmenter.segment(half_white({160, 40}));
  CHECK(half.fraction == 0.5);
  CHECK(cv::countNonZero(half.mask) == Approx(40 * 160 / 2).epsilon(0.02));
  // So narrow that less than one pixel of the grid is left of it.
  CHECK_NOTHROW(segmenter.segment(grey_picture(cv::Mat(1, 400, CV_8U, cv::Scalar(255)))));
}

TEST_CASE("grey networks take colour pictures") {
  const Segmenter segmenter = load_segmenter(test::tiny_model("segmenter_grey"));
  CHECK(segmenter.segment(grey_picture(cv::Mat(20, 20, CV_8UC3, cv::Scalar::all(255)))).fraction == 1.0);
}

TEST_CASE("with test-time flips the mask is the mean with the mirror image, and the rest is said of the picture") {
  Model model;
  model.path = "models/one_sided.pt";
  model.card = read_model_card(test::tiny_model("segmenter"), ModelTask::kSegmentation);
  const std::int64_t height = model.card.input.height, width = model.card.input.width;
  Tensor left_is_bone{{1, 1, height, width}, {}};
  for (std::int64_t pixel = 0; pixel < height * width; ++pixel)
    left_is_bone.values.push_back(pixel % width < width / 4 ? 4.0F : -4.0F);
  model.network = std::make_unique<test::ScriptedNetwork>(std::vector<std::vector<Tensor>>{{left_is_bone}});
  const Segmenter segmenter(std::move(model), {.mask_threshold = 0.4, .test_time_flips = true});
  const BoneFinding finding = segmenter.segment(half_white({64, 64}));
  CHECK(finding.fraction == 0.25);
  CHECK(finding.confidence == Approx(1.0 / (1.0 + std::exp(-4.0))).margin(1e-6));
  // The outer quarters are bone in one of the two answers, at a mean of 0.5.
  CHECK(cv::countNonZero(finding.mask.colRange(0, 15) != 255) == 0);
  CHECK(cv::countNonZero(finding.mask.colRange(18, 46)) == 0);
  CHECK(cv::countNonZero(finding.mask.colRange(49, 64) != 255) == 0);
}

TEST_CASE("test-time flips find bone where it lies") {
  const BoneFinding finding =
      load_segmenter(test::tiny_model("segmenter"), {}, {.test_time_flips = true}).segment(half_white({160, 96}, 0.25));
  CHECK(finding.fraction == 0.25);
  CHECK(finding.confidence == Approx(kWhiteProbability).margin(1e-4));
  CHECK(cv::countNonZero(finding.mask.colRange(0, 35) != 255) == 0);
  CHECK(cv::countNonZero(finding.mask.colRange(45, 160)) == 0);
}

TEST_CASE("an answer that says nothing is an error of the image, not a picture without bone") {
  Model model;
  model.path = "models/broken.pt";
  model.card = read_model_card(test::tiny_model("segmenter"), ModelTask::kSegmentation);
  const std::int64_t height = model.card.input.height, width = model.card.input.width;
  const auto answer = [&](float logit) {
    return std::vector<Tensor>{
        {{1, 1, height, width}, std::vector<float>(static_cast<std::size_t>(height * width), logit)}};
  };
  std::vector<Tensor> turned = answer(1);
  turned[0].shape = {1, height, width, 1};
  const float infinite = std::numeric_limits<float>::infinity();
  model.network = std::make_unique<test::ScriptedNetwork>(
      std::vector{answer(std::nanf("")), answer(infinite), turned, std::vector<Tensor>(), answer(1)});
  const Segmenter segmenter(std::move(model), {.min_bone_confidence = 0.0});
  for (const char* reason :
       {"broken.pt gives an answer with numbers that are not finite", "not finite", "another shape", "another shape"})
    CHECK_THROWS_WITH(segmenter.segment(half_white({64, 64})), Catch::Contains(reason));
  CHECK(segmenter.segment(half_white({64, 64})).present);
}

namespace {

class FailingNetwork : public Network {
 public:
  std::vector<Tensor> run(const Tensor& /*input*/) const override { throw std::runtime_error("boom"); }
};

}  // namespace

TEST_CASE("a network that fails on a picture is an error of that picture") {
  Model model;
  model.path = "models/failing.pt";
  model.card = read_model_card(test::tiny_model("segmenter"), ModelTask::kSegmentation);
  model.network = std::make_unique<FailingNetwork>();
  const Segmenter segmenter(std::move(model), {});
  CHECK_THROWS_WITH(segmenter.segment(half_white({64, 64})), "failing.pt fails on it: boom");
  CHECK_THROWS_AS(segmenter.segment(half_white({64, 64})), ImageError);
}

TEST_CASE("thresholds that are missing have defaults, and impossible ones are refused") {
  const auto with_card = [](const Json& operating_point) {
    Model model = load_model(test::tiny_model("segmenter"), ModelTask::kSegmentation);
    Json card = model.card.json;
    card["operating_point"] = operating_point;
    model.card = parse_model_card(card.dump(), "m.pt");
    return model;
  };
  const Json whole = {{"mask_threshold", 0.5}, {"min_bone_fraction", 0.1}, {"min_bone_confidence", 0.6}};
  CHECK_NOTHROW(Segmenter(with_card(whole)));
  for (const auto& [name, value] : whole.items()) {
    Json beyond = whole;
    beyond[name] = 1.5;
    CHECK_THROWS_WITH(Segmenter(with_card(beyond)), Catch::Contains("\"" + name + "\" is 1.5; it should be a number"));
    CHECK_THROWS_AS(Segmenter(with_card(beyond)), UsageError);
  }
  const Radiograph hardly_white = half_white({160, 96}, 0.0625);
  CHECK_FALSE(Segmenter(with_card(whole)).segment(hardly_white).present);
  CHECK(Segmenter(with_card(Json::object())).segment(hardly_white).present);
  CHECK_FALSE(Segmenter(with_card(Json::object()), {0.5, 0.1, 0.6}).segment(hardly_white).present);
  CHECK_THROWS_AS(Segmenter(with_card(whole), {.mask_threshold = -0.1}), UsageError);
}

}  // namespace bonescan
