// Loading of TorchScript files, what is refused, and that results depend on the input alone.
#include <catch2/catch.hpp>
#include <cmath>
#include <thread>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/model.h"
#include "bonescan/model/segmenter.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

// [1, channels, side, side] of repeatable values in 0..1.
Tensor pattern(int channels, int side) {
  Tensor tensor{{1, channels, side, side}, {}};
  std::uint32_t state = 1;
  for (int i = 0; i < channels * side * side; ++i) {
    state = state * 1664525U + 1013904223U;
    tensor.values.push_back(static_cast<float>(state >> 8) / static_cast<float>(1U << 24));
  }
  return tensor;
}

bool equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& x, const Tensor& y) { return x.shape == y.shape && x.values == y.values; });
}

}  // namespace

TEST_CASE("a network computes what its weights say") {
  const Model model = load_model(test::tiny_model("segmenter"), ModelTask::kSegmentation);
  CHECK(model.card.name == "tiny segmentation model for tests");
  CHECK(model.sha256.size() == 64);
  Tensor input{{1, 3, 16, 16}, std::vector<float>(3 * 16 * 16, 0.25F)};
  const std::vector<Tensor> outputs = model.network->run(input);
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].shape == std::vector<std::int64_t>{1, 1, 16, 16});
  // 20 x (0.25 - 0.5); the weights are stored in half precision.
  for (const float logit : outputs[0].values) REQUIRE(logit == Approx(-5.0).margin(0.01));
}

TEST_CASE("anchors and whole numbers survive loading, whatever the precision") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kBFloat16);
  const Model model = load_model(test::tiny_model("detector"), ModelTask::kDetection, {.precision = precision});
  const std::vector<Tensor> outputs = model.network->run(pattern(3, 16));
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].shape == std::vector<std::int64_t>{1, 4, 2});
  CHECK(outputs[1].shape == std::vector<std::int64_t>{1, 4, 4});
  CHECK(outputs[2].values == std::vector<float>{0, 0, 8, 8, 8, 0, 16, 8, 0, 8, 8, 16, 8, 8, 16, 16});
}

TEST_CASE("a network may write into its input without changing the caller's") {
  const Model model = load_model(test::tiny_model("segmenter_in_place"), ModelTask::kSegmentation);
  const Tensor input = pattern(3, 16);
  const Tensor before = input;
  model.network->run(input);
  CHECK(input.values == before.values);
}

TEST_CASE("a network that the fastest preparation does not suit is run as it is") {
  const auto precision = GENERATE(Precision::kFloat32, Precision::kBFloat16);
  const Tensor input = pattern(3, 16);
  const auto outputs = [&](const std::string& name, ModelTask task) {
    return load_model(test::tiny_model(name), task, {.precision = precision}).network->run(input);
  };
  const float tolerance = precision == Precision::kFloat32 ? 1e-4F : 0.1F;
  const auto [plain, usual, task] = GENERATE(table<std::string, std::string, ModelTask>({
      {"segmenter_flattening", "segmenter", ModelTask::kSegmentation},
      {"detector_same_padding", "detector", ModelTask::kDetection},
  }));
  const std::vector<float> found = outputs(plain, task)[0].values, expected = outputs(usual, task)[0].values;
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == Approx(expected[i]).margin(tolerance));
}

TEST_CASE("the same input gives the same bits, first and later, on one thread and on many") {
  const auto [name, task] = GENERATE(table<std::string, ModelTask>({
      {"segmenter_unpooling", ModelTask::kSegmentation},
      {"detector", ModelTask::kDetection},
  }));
  const auto precision = GENERATE(Precision::kFloat32, Precision::kBFloat16);
  const Model model = load_model(test::tiny_model(name), task, {.precision = precision});
  const Tensor input = pattern(3, 16);
  const std::vector<Tensor> first = model.network->run(input);
  for (int repeat = 0; repeat < 4; ++repeat) REQUIRE(equal(model.network->run(input), first));

  std::vector<std::vector<Tensor>> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<Tensor>& result : results) {
      threads.emplace_back([&result, &model, &input] {
        for (int repeat = 0; repeat < 20; ++repeat) result = model.network->run(input);
      });
    }
  }
  for (const std::vector<Tensor>& result : results) CHECK(equal(result, first));
  const Model again = load_model(test::tiny_model(name), task, {.precision = precision});
  CHECK(equal(again.network->run(input), first));
}

TEST_CASE("bfloat16 computes about the same, through max-unpooling too") {
  const Tensor input = pattern(3, 16);
  const auto logits = [&input](Precision precision) {
    return load_model(test::tiny_model("segmenter_unpooling"), ModelTask::kSegmentation, {.precision = precision})
        .network->run(input)[0]
        .values;
  };
  const std::vector<float> full = logits(Precision::kFloat32);
  const std::vector<float> half = logits(Precision::kBFloat16);
  REQUIRE(full.size() == half.size());
  CHECK(full != half);
  const auto [least, most] = std::minmax_element(full.begin(), full.end());
  double difference = 0.0;
  for (std::size_t i = 0; i < full.size(); ++i) difference += std::abs(half[i] - full[i]);
  CHECK(difference / static_cast<double>(full.size()) < 0.01 * (*most - *least));
}

TEST_CASE("a file that is no model is refused with what would be right") {
  const test::TemporaryFolder folder;
  const auto refusal = [](const fs::path& path, const ModelOptions& options = {}) -> std::string {
    try {
      load_model(path, ModelTask::kSegmentation, options);
      return "accepted";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  CHECK_THAT(refusal(folder / "absent.pt"), Contains("absent.pt is not a file; it should be a model"));
  CHECK_THAT(refusal(folder.path()), Contains("is not a file"));

  write_file_atomically(folder / "text.pt", "not a model");
  CHECK_THAT(refusal(folder / "text.pt"), Contains("text.pt is not a TorchScript file"));
  write_file_atomically(folder / "empty.pt", "");
  CHECK_THAT(refusal(folder / "empty.pt"), Contains("is not a TorchScript file"));
  const auto whole = read_file_bytes(test::tiny_model("segmenter"), 1 << 20);
  write_file_atomically(folder / "cut.pt", std::span(whole).first(whole.size() / 2));
  CHECK_THAT(refusal(folder / "cut.pt"), Contains("is not a TorchScript file"));

  CHECK_THAT(refusal(test::tiny_model("wrong_no_program")), Contains("is not a TorchScript file"));
  CHECK_THAT(refusal(test::tiny_model("wrong_no_card")),
             Contains("has no model card inside") && Contains("--model-card"));
  CHECK_THAT(refusal(test::tiny_model("detector")),
             Contains("is a model for detection; here it should be one for segmentation"));
  CHECK_THROWS_WITH(read_card_file(folder / "absent.json"), Contains("absent.json cannot be opened"));
  for (const std::string device : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1000"}) {
    CHECK_THAT(refusal(test::tiny_model("segmenter"), {.device = device}),
               Contains("--device " + device + " is not known"));
  }
  for (const fs::path& refused : {folder / "text.pt", test::tiny_model("wrong_no_program")}) {
    const std::string sentence = refusal(refused);
    CHECK(sentence.find('\n') == std::string::npos);
  }
}

TEST_CASE("a card beside the file supplies or overrides the one inside") {
  const test::TemporaryFolder folder;
  const ModelCard inside = read_model_card(test::tiny_model("segmenter"), ModelTask::kSegmentation);
  Json card = inside.json;
  card["name"] = "from outside";
  write_file_atomically(folder / "card.json", to_json_text(card));
  const ModelOptions options{.card = read_card_file(folder / "card.json")};
  for (const std::string name : {"segmenter", "wrong_no_card"}) {
    CHECK(read_model_card(test::tiny_model(name), ModelTask::kSegmentation, options).name == "from outside");
    CHECK(load_model(test::tiny_model(name), ModelTask::kSegmentation, options).card.name == "from outside");
  }
  card.erase("input");
  write_file_atomically(folder / "card.json", to_json_text(card));
  const ModelOptions without_input{.card = read_card_file(folder / "card.json")};
  CHECK_THROWS_WITH(load_model(test::tiny_model("segmenter"), ModelTask::kSegmentation, without_input),
                    Contains("card.json: the model card has no \"input.width\""));
}

TEST_CASE("a network that does not give what its card promises is refused when it is loaded") {
  CHECK_THROWS_WITH(
      load_segmenter(test::tiny_model("wrong_mask_size")),
      Contains("wrong_mask_size.pt: the network returns [1, 1, 8, 8]; a card with output kind mask_logits "
               "asks for one tensor [1, 1, 16, 16]"));
  CHECK_THROWS_WITH(load_segmenter(test::tiny_model("wrong_channels")),
                    Contains("fails on an input of 1x3x16x16") && Contains("to have 1 channels"));
  CHECK_THROWS_WITH(load_segmenter(test::tiny_model("wrong_output_type")),
                    Contains("not a tensor or a tuple of tensors"));
  CHECK_THROWS_WITH(load_detector(test::tiny_model("wrong_class_count")),
                    Contains("returns [1, 4, 3], [1, 4, 4], [4, 4]; a card with output kind ssd_heads and 2 classes "
                             "asks for class logits [1, A, 2]"));
  CHECK_THROWS_AS(load_segmenter(test::tiny_model("wrong_channels")), UsageError);
}

}  // namespace bonescan
