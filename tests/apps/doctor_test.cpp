// doctor as its users run it, on installations that are well and on ones that are not.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <vector>

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "bonescan/core/sha256.h"
#include "support/process.h"
#include "support/skip.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

using test::kDetector;
using test::kSegmenter;

// An installation below `prefix` with the tiny models; gives back its executable.
fs::path install(const fs::path& prefix) {
  const fs::path weights = prefix / "share/bonescan/weights";
  fs::create_directories(weights);
  fs::create_directories(prefix / "bin");
  fs::copy_file(test::executable(), prefix / "bin/bonescan");
  fs::copy_file(kSegmenter, weights / "segnet.pt");
  fs::copy_file(kDetector, weights / "ssd300_vgg16.pt");
  fs::copy_file(test::data_folder() / "samples/IMG0003932.jpg", weights / "self_check.jpg");
  return prefix / "bin/bonescan";
}

void store(const fs::path& prefix, const Json& bone, const Json& fracture) {
  const Json results = {{sha256_of_file(kSegmenter), bone}, {sha256_of_file(kDetector), fracture}};
  write_file_atomically(prefix / "share/bonescan/weights/self_check.json", to_json_text({{"results", results}}));
}

TEST_CASE("doctor tells versions, machine and models, and that all is well") {
  const test::TemporaryFolder prefix;
  const std::string bonescan = install(prefix.path());
  const auto json = test::run_process(bonescan, {"doctor", "--json"});
  CHECK(json.exit_code == 0);
  CHECK(json.errors.empty());
  const Json report = Json::parse(json.output);
  CHECK(report["libraries"].contains("LibTorch"));
  CHECK(report["libraries"].contains("OpenCV"));
  CHECK(report["machine"]["cores"] >= 1);
  CHECK(report["devices"][0] == "cpu");
  CHECK(report["problems"].empty());
  const Json& segmenter = report["models"]["segmenter"];
  CHECK(segmenter["sha256"] == sha256_of_file(kSegmenter));
  CHECK(segmenter["card"]["task"] == "segmentation");
  CHECK(segmenter["works"] == true);
  CHECK(segmenter["stored"].is_null());

  // With what was found as the stored result, all is as it should be.
  store(prefix.path(), segmenter["found"], report["models"]["detector"]["found"]);
  const auto text = test::run_process(bonescan, {"doctor"});
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.output, Catch::Contains("as it should be") && Catch::Contains("All is well."));
}

TEST_CASE("a model that finds something else than is stored is a problem, and exit code 2") {
  const test::TemporaryFolder prefix;
  const std::string bonescan = install(prefix.path());
  const Json report = Json::parse(test::run_process(bonescan, {"doctor", "--json"}).output);
  Json bone = report["models"]["segmenter"]["found"];
  bone["bone_fraction"] = bone["bone_fraction"].get<double>() + 0.02;
  store(prefix.path(), bone, report["models"]["detector"]["found"]);
  const auto result = test::run_process(bonescan, {"doctor"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Catch::Contains("the segmenter") && Catch::Contains("is stored"));
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
}

TEST_CASE("models that are missing or of the wrong kind are a sentence each, and exit code 2") {
  const test::TemporaryFolder folder;
  const auto result =
      test::run_bonescan({"doctor", "--segmenter", folder / "gone.pt", "--detector", kSegmenter, "--json"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Catch::Contains("gone.pt is not a file") && Catch::Contains("is a model for segmentation"));
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 2);
  const Json report = Json::parse(result.output);
  CHECK(report["problems"].size() == 2);
  CHECK(report["models"]["detector"]["works"] == false);
  const auto device =
      test::run_bonescan({"doctor", "--segmenter", kSegmenter, "--detector", kDetector, "--device", "gpu"});
  CHECK(device.exit_code == 2);
  CHECK_THAT(device.errors, Catch::Contains("--device gpu is not known"));
}

TEST_CASE("a model without a card is checked with the one that is named") {
  const test::TemporaryFolder folder;
  const std::string bare = test::tiny_model("wrong_no_card");
  std::vector<std::string> words = {"doctor", "--segmenter", kSegmenter, "--detector", kDetector, "--json"};
  const Json report = Json::parse(test::run_bonescan(words).output);
  words[2] = bare;
  CHECK_THAT(test::run_bonescan(words).errors, Catch::Contains("name one with --model-card"));
  write_file_atomically(folder / "card.json", to_json_text(report["models"]["segmenter"]["card"]));
  words.insert(words.end(), {"--model-card", folder / "card.json"});
  const auto result = test::run_bonescan(words);
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  CHECK_FALSE(Json::parse(result.output)["models"]["segmenter"]["found"].is_null());
}

TEST_CASE("the released models find on the sample what is stored") {
  const auto result = test::run_bonescan({"doctor", "--json"});
  if (!fs::exists(test::weights_folder() / "segnet.pt") || !fs::exists(test::weights_folder() / "ssd300_vgg16.pt")) {
    test::skip("the weights folder holds no models");
    return;
  }
  INFO(result.errors);
  CHECK(result.exit_code == 0);
  const Json report = Json::parse(result.output);
  for (const char* role : {"segmenter", "detector"}) {
    INFO(role << ": after a change of the model, run scripts/store_self_check.sh");
    CHECK_FALSE(report["models"][role]["stored"].is_null());
  }
}

}  // namespace
}  // namespace bonescan
