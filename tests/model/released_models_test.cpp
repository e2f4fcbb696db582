// The models in weights/, if they are there: they decide alike on every run and know radiographs from a cat.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "bonescan/image/radiograph.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
#include "support/skip.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> weights(const std::string& name) {
  const fs::path path = test::weights_folder() / name;
  if (fs::exists(path)) return path;
  test::skip(path.string() + " is not there");
  return std::nullopt;
}

std::vector<fs::path> sample_radiographs() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(test::data_folder() / "samples")) {
    if (entry.path().filename().string().starts_with("IMG")) paths.push_back(entry.path());
  }
  return paths;
}

}  // namespace

TEST_CASE("the released segmenter finds bone on radiographs and none on a photograph") {
  const auto path = weights("segnet.pt");
  if (!path) return;
  const Segmenter segmenter = load_segmenter(*path);
  REQUIRE_FALSE(sample_radiographs().empty());
  for (const fs::path& radiograph : sample_radiographs()) {
    CAPTURE(radiograph);
    const BoneFinding finding = segmenter.segment(read_radiograph(radiograph));
    CHECK(finding.present);
    CHECK(finding.fraction > 0.02);
    CHECK(finding.fraction < 0.8);
  }
  CHECK_FALSE(segmenter.segment(read_radiograph(test::data_folder() / "samples" / "cat.jpg")).present);
}

TEST_CASE("a card that a released network does not suit is refused in one sentence") {
  const auto path = weights("ssd300_vgg16.pt");
  if (!path) return;
  const auto precision = GENERATE(Precision::kFloat32, Precision::kBFloat16);
  Json card = read_model_card(*path, ModelTask::kDetection).json;
  card["input"]["width"] = card["input"]["height"] = 16;  // too small for its layers
  const ModelOptions options{.precision = precision, .card = CardFile{"small.json", to_json_text(card)}};
  CHECK_THROWS_WITH(load_model(*path, ModelTask::kDetection, options),
                    Catch::Contains("fails on an input of 1x3x16x16"));
}

TEST_CASE("the released networks give the same bits, first and later, on one thread and on two") {
  const auto [name, task] = GENERATE(table<std::string, ModelTask>({
      {"segnet.pt", ModelTask::kSegmentation},
      {"ssd300_vgg16.pt", ModelTask::kDetection},
  }));
  const auto path = weights(name);
  if (!path) return;
  const Model model = load_model(*path, task);
  const Tensor input = make_network_input(read_radiograph(sample_radiographs().front()), model.card.input);
  const std::vector<Tensor> first = model.network->run(input);
  std::vector<std::vector<Tensor>> later(2);
  {
    std::vector<std::jthread> threads;
    for (std::vector<Tensor>& result : later) {
      threads.emplace_back([&result, &model, &input] { result = model.network->run(input); });
    }
  }
  for (const std::vector<Tensor>& result : later) {
    REQUIRE(result.size() == first.size());
    for (std::size_t i = 0; i < first.size(); ++i) CHECK(result[i].values == first[i].values);
  }
}

TEST_CASE("the released detector gives boxes inside the image, best first") {
  const auto path = weights("ssd300_vgg16.pt");
  if (!path) return;
  const Detector detector = load_detector(*path, {}, {.score_threshold = 0.01});
  for (const fs::path& file : sample_radiographs()) {
    CAPTURE(file);
    const Radiograph radiograph = read_radiograph(file);
    const std::vector<Detection> found = detector.detect(radiograph);
    CHECK_FALSE(found.empty());
    CHECK(std::is_sorted(found.begin(), found.end(),
                         [](const Detection& a, const Detection& b) { return a.score > b.score; }));
    for (const Detection& detection : found) {
      CHECK(detection.box.x >= 0.0);
      CHECK(detection.box.y >= 0.0);
      CHECK(detection.box.x + detection.box.width <= radiograph.size.width + 1e-9);
      CHECK(detection.box.y + detection.box.height <= radiograph.size.height + 1e-9);
    }
  }
}

}  // namespace bonescan
