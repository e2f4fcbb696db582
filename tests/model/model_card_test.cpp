// Model cards: what is read, and the sentence that refuses each wrong one.
#include "bonescan/model/model_card.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

using Catch::Contains;

Json detection_card() {
  return Json::parse(R"({
    "schema": "bonescan.model/1", "name": "ssd", "task": "detection", "architecture": "ssd300_vgg16",
    "input": {"width": 300, "height": 200, "channels": 3, "resize": "letterbox",
              "mean": [0.48, 0.46, 0.41], "std": [0.004, 0.004, 0.004]},
    "output": {"kind": "ssd_heads", "box_weights": [1, 2, 3, 4], "anchor_format": "xyxy"},
    "classes": ["background", "fractured"],
    "operating_point": {"score_threshold": 0.3, "chosen_on": "valid", "f1": {"value": 0.5}, "max_detections": 50},
    "house_rule": [1, 2]
  })");
}

Json segmentation_card() {
  return Json::parse(R"({
    "schema": "bonescan.model/1", "name": "segnet", "task": "segmentation", "architecture": "segnet",
    "input": {"width": 224, "height": 224, "channels": 1, "resize": "stretch", "mean": [0.5], "std": [0.25]},
    "output": {"kind": "mask_logits"}
  })");
}

ModelCard parse(const Json& card) {
  return parse_model_card(card.dump(), "my.pt");
}

// The sentence with which `card` is refused; "accepted" if it is not.
std::string refusal(const Json& card) {
  try {
    parse(card);
    return "accepted";
  } catch (const UsageError& error) {
    return error.what();
  }
}

// `card` with one member set.
std::string refusal_with(Json card, const std::string& pointer, const Json& value) {
  card[Json::json_pointer(pointer)] = value;
  return refusal(card);
}

std::string refusal_without(Json card, const std::string& parent, const std::string& member) {
  card[Json::json_pointer(parent)].erase(member);
  return refusal(card);
}

}  // namespace

TEST_CASE("a detection card is read whole") {
  const ModelCard card = parse(detection_card());
  CHECK(card.name == "ssd");
  CHECK(card.task == ModelTask::kDetection);
  CHECK(card.input.width == 300);
  CHECK(card.input.height == 200);
  CHECK(card.input.channels == 3);
  CHECK(card.input.resize == ResizeMode::kLetterbox);
  CHECK(card.input.mean == std::vector<double>{0.48, 0.46, 0.41});
  CHECK(card.input.standard_deviation == std::vector<double>{0.004, 0.004, 0.004});
  CHECK(card.box_weights == std::array<double, 4>{1, 2, 3, 4});
  CHECK(card.anchor_format == AnchorFormat::kCorners);
  CHECK(card.classes == std::vector<std::string>{"background", "fractured"});
  // Text and nested objects in the operating point are for people.
  CHECK(card.operating_point == std::map<std::string, double>{{"score_threshold", 0.3}, {"max_detections", 50.0}});
  CHECK(card.json.at("house_rule") == Json({1, 2}));
}

TEST_CASE("a segmentation card needs neither classes nor an operating point") {
  const ModelCard card = parse(segmentation_card());
  CHECK(card.task == ModelTask::kSegmentation);
  CHECK(card.input.resize == ResizeMode::kStretch);
  CHECK(card.input.channels == 1);
  CHECK(card.operating_point.empty());
}

TEST_CASE("box weights default to torchvision's, and anchors may be of unsaid format") {
  Json json = detection_card();
  json["output"] = {{"kind", "ssd_heads"}};
  const ModelCard card = parse(json);
  CHECK(card.box_weights == std::array<double, 4>{10, 10, 5, 5});
  CHECK_FALSE(card.anchor_format.has_value());
}

TEST_CASE("a missing member is named with what it should be") {
  CHECK(refusal_without(segmentation_card(), "/input", "width") ==
        "my.pt: the model card has no \"input.width\"; it should be the width in pixels that the network takes, 1 to "
        "4096, for example 224");
  for (const std::string member : {"schema", "name", "task", "architecture", "input", "output"}) {
    CAPTURE(member);
    CHECK_THAT(refusal_without(segmentation_card(), "", member), Contains("has no \"" + member));
  }
  for (const std::string member : {"width", "height", "channels", "resize", "mean", "std"}) {
    CAPTURE(member);
    CHECK_THAT(refusal_without(segmentation_card(), "/input", member), Contains("has no \"input." + member + "\""));
  }
  CHECK_THAT(refusal_without(detection_card(), "/output", "kind"), Contains("has no \"output.kind\""));
  CHECK_THAT(refusal_without(detection_card(), "", "classes"), Contains("has no \"classes\""));
}

TEST_CASE("a wrong member is shown with what it should be") {
  CHECK(refusal_with(segmentation_card(), "/input/resize", "crop") ==
        "my.pt: the model card's \"input.resize\" is \"crop\"; it should be \"stretch\" or \"letterbox\"");
  const std::vector<std::pair<std::string, Json>> wrong = {
      {"/schema", "bonescan.model/2"},
      {"/schema", 1},
      {"/name", ""},
      {"/task", "classification"},
      {"/input", 3},
      {"/input/width", 0},
      {"/input/width", 4097},
      {"/input/width", 224.5},
      {"/input/width", "224"},
      {"/input/height", -1},
      {"/input/height", 1e300},
      {"/input/channels", 2},
      {"/input/channels", true},
      {"/input/mean", {0.5, 0.5}},
      {"/input/mean", 0.5},
      {"/input/mean", {"0.5"}},
      {"/input/mean", Json::array({123.7})},  // of pixels in 0..255
      {"/input/std", Json::array({0.0})},
      {"/input/std", Json::array({-1.0})},
      {"/output", "mask_logits"},
      {"/output/kind", "ssd_heads"},
      {"/operating_point", 0.5},
      {"/operating_point/mask_threshold", "0.5"},
      {"/operating_point/min_bone_fraction", nullptr},
      {"/operating_point/mask_treshold", 0.5},
  };
  for (const auto& [pointer, value] : wrong) {
    CAPTURE(pointer, value.dump());
    const std::string sentence = refusal_with(segmentation_card(), pointer, value);
    CHECK_THAT(sentence, Catch::StartsWith("my.pt: the model card") && Contains("it should be "));
  }
  const std::vector<std::pair<std::string, Json>> wrong_for_detection = {
      {"/output/kind", "mask_logits"},
      {"/output/box_weights", {10, 10, 5}},
      {"/output/box_weights", {10, 10, 5, 0}},
      {"/output/anchor_format", "xywh"},
      {"/classes", Json::array({"fractured"})},
      {"/classes", {"background", ""}},
      {"/classes", {"background", "fractured", "fractured"}},
      {"/classes", 2},
  };
  for (const auto& [pointer, value] : wrong_for_detection) {
    CAPTURE(pointer, value.dump());
    CHECK_THAT(refusal_with(detection_card(), pointer, value), Contains("it should be "));
  }
}

TEST_CASE("a number of the operating point that is named like a threshold is taken for a misspelt one") {
  CHECK(refusal_with(detection_card(), "/operating_point/score_treshold", 0.3) ==
        "my.pt: the model card's \"operating_point.score_treshold\" is 0.3; it should be called \"score_threshold\"");
  CHECK(refusal_with(detection_card(), "/operating_point/at_score_threshold", 0.3) == "accepted");
  CHECK(refusal_with(detection_card(), "/operating_point/score_tresholds", "for people") == "accepted");
}

TEST_CASE("a card that is no JSON object is refused") {
  CHECK_THROWS_WITH(parse_model_card("{\"schema\": ", "my.pt"), Contains("my.pt: the model card is not valid JSON"));
  CHECK_THROWS_AS(parse_model_card("[]", "my.pt"), UsageError);
  CHECK_THROWS_AS(parse_model_card("", "my.pt"), UsageError);
}

}  // namespace bonescan
