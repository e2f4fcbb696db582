// The models in weights/, if they are there: they load, decide alike on every run, and know radiographs from a cat.
#include <catch2/catch.hpp>

#include "bonescan/image/radiograph.h"
#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> weights(const std::string& name) {
  const fs::path path = test::weights_folder() / name;
  if (fs::exists(path)) return path;
  WARN("skipped: " << path << " is not there");
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

TEST_CASE("the released detector gives ordered boxes inside the image, the same on every run") {
  const auto path = weights("ssd300_vgg16.pt");
  if (!path) return;
  const Detector detector = load_detector(*path, {}, {.score_threshold = 0.01});
  for (const fs::path& file : sample_radiographs()) {
    CAPTURE(file);
    const Radiograph radiograph = read_radiograph(file);
    const std::vector<Detection> first = detector.detect(radiograph);
    const std::vector<Detection> second = detector.detect(radiograph);
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(first[i].score == second[i].score);
      CHECK(first[i].box == second[i].box);
      if (i > 0) CHECK(first[i].score <= first[i - 1].score);
      CHECK(first[i].box.x >= 0.0);
      CHECK(first[i].box.y >= 0.0);
      CHECK(first[i].box.x + first[i].box.width <= radiograph.size.width + 1e-9);
      CHECK(first[i].box.y + first[i].box.height <= radiograph.size.height + 1e-9);
    }
  }
}

}  // namespace bonescan
