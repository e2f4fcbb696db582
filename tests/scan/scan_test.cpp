// The batch run, with networks whose answers are arithmetic: a pixel is bone if it is brighter than one half, and a
// bright centre is a fracture.
#include "bonescan/scan/scan.h"

#include <spdlog/spdlog.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <new>
#include <numeric>
#include <opencv2/imgcodecs.hpp>
#include <sstream>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/scan/merge.h"
#include "support/run_folder.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using test::files_of;

constexpr int kSide = 16;

// What the networks of one run have done.
struct Calls {
  std::atomic<int> segmented = 0;
  std::atomic<int> detected = 0;
  std::atomic<int> detectors_loaded = 0;
  std::function<void(int segmented)> on_segment = [](int) {};
};

class BrightnessNetwork : public Network {
 public:
  explicit BrightnessNetwork(Calls& calls) : calls_(calls) {}
  std::vector<Tensor> run(const Tensor& input) const override {
    calls_.on_segment(++calls_.segmented);
    Tensor logits{{1, 1, kSide, kSide}, input.values};
    for (float& value : logits.values) value = 20.0f * (value - 0.5f);
    return {logits};
  }

 private:
  Calls& calls_;
};

const Tensor kCentre{{1, 4}, {4, 4, 12, 12}};  // its one anchor

class CentreNetwork : public Network {
 public:
  explicit CentreNetwork(Calls& calls) : calls_(calls) {}
  std::vector<Tensor> run(const Tensor& input) const override {
    ++calls_.detected;
    const float centre = input.values[kSide * kSide / 2 + kSide / 2];
    return {{{1, 1, 2}, {0.0f, 8.0f * (centre - 0.5f)}}, {{1, 1, 4}, {0, 0, 0, 0}}, kCentre};
  }

 private:
  Calls& calls_;
};

ModelCard card(const std::string& task) {
  const bool detection = task == "detection";
  Json json = {
      {"schema", "bonescan.model/1"}, {"name", "tiny " + task}, {"task", task}, {"architecture", "arithmetic"}};
  json["input"] = {{"width", kSide}, {"height", kSide}, {"channels", 1}, {"resize", "stretch"}};
  json["input"]["mean"] = Json::array({0.0});
  json["input"]["std"] = Json::array({1.0});
  json["output"]["kind"] = detection ? "ssd_heads" : "mask_logits";
  if (detection) json["output"]["anchor_format"] = "xyxy";
  json["classes"] = Json::array({"background", detection ? "fractured" : "bone"});
  json["operating_point"] = {{"score_threshold", 0.5}};
  if (!detection)
    json["operating_point"] = {{"mask_threshold", 0.5}, {"min_bone_fraction", 0.1}, {"min_bone_confidence", 0.6}};
  return parse_model_card(json.dump(), "test card");
}

ScanModels pipeline_models(Calls& calls) {
  ScanModels models;
  models.segmenter.emplace(
      Model{{"tiny_segmenter.pt", "5e6", card("segmentation")}, std::make_unique<BrightnessNetwork>(calls)});
  const auto load = [&calls] {
    ++calls.detectors_loaded;
    return Detector(
        Model{{"tiny_detector.pt", "de7", card("detection")}, std::make_unique<CentreNetwork>(calls), kCentre});
  };
  models.detector =
      std::make_unique<LazyDetector>(ModelDescription{"tiny_detector.pt", "de7", card("detection")}, load);
  return models;
}

// A folder of radiographs: one grey level in the middle half of the width, black beside it.
void write_radiograph(const fs::path& path, int grey, cv::Size size = {48, 32}) {
  cv::Mat pixels = cv::Mat::zeros(size, CV_8U);
  pixels.colRange(size.width / 4, size.width * 3 / 4).setTo(grey);
  fs::create_directories(path.parent_path());
  REQUIRE(cv::imwrite(path.string(), pixels));
}

// Some bright, some dark, one that cannot be read, in two folders.
void write_mixed_radiographs(const fs::path& folder, int count) {
  for (int i = 0; i < count; ++i)
    write_radiograph(folder / (i % 2 ? "left" : "right") / (std::to_string(i) + ".png"), i % 3 ? 150 + i : 20 + i,
                     {40 + i, 60 - i});
  write_file_atomically(folder / "left/broken.png", "no picture");
}

ScanRequest request_for(const fs::path& input, const fs::path& output) {
  spdlog::set_level(spdlog::level::off);
  ScanRequest request;
  request.inputs.names = {input.string()};
  request.output = output;
  request.threads = 2;
  request.progress = ProgressMode::kNever;
  return request;
}

ScanSummary run(const ScanRequest& request, Calls& calls, const Cancellation& cancellation = {}) {
  std::istringstream nothing;
  const InputSet inputs = find_inputs(request.inputs, nothing, request.output);
  const ScanModels models = pipeline_models(calls);
  return scan(request, inputs, models, cancellation);
}

ScanSummary run(const ScanRequest& request) {
  Calls calls;
  return run(request, calls);
}

std::vector<Json> records(const fs::path& output) {
  return test::json_lines(read_text_file(output / kResultsName));
}

TEST_CASE("an overlay shows the mask and the box on the radiograph") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/bone.png", 255);  // 48 x 32, bone from 12 to 36
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  run(request);
  const cv::Mat overlay = cv::imread((folder / "out/overlays/bone.png.jpg").string());
  REQUIRE(overlay.size() == cv::Size(48, 32));
  const auto colourfulness = [&](cv::Rect part) {
    const cv::Scalar mean = cv::mean(overlay(part));
    return std::max({mean[0], mean[1], mean[2]}) - std::min({mean[0], mean[1], mean[2]});
  };
  CHECK(colourfulness({0, 0, 6, 32}) < 8.0);     // the radiograph, grey, beside the bone
  CHECK(colourfulness({18, 12, 12, 8}) > 20.0);  // within the mask
  // The box is (12, 8, 24, 16): its upper edge differs from the mask above it.
  CHECK(cv::norm(cv::mean(overlay({16, 7, 16, 2})) - cv::mean(overlay({16, 2, 16, 2}))) > 20.0);
}

TEST_CASE("an overlay tells where no bone was found") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/bone.png", 255, {480, 320});
  write_radiograph(folder / "in/empty.png", 0, {480, 320});
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  run(request);
  const auto brightest_in_corner = [&](const char* name) {
    const cv::Mat overlay = cv::imread((folder / "out/overlays" / name).string(), cv::IMREAD_GRAYSCALE);
    REQUIRE(overlay.size() == cv::Size(480, 320));
    double brightest = 0.0;
    cv::minMaxLoc(overlay(cv::Rect(0, 0, 100, 15)), nullptr, &brightest);
    return brightest;
  };
  CHECK(brightest_in_corner("empty.png.jpg") > 100.0);
  CHECK(brightest_in_corner("bone.png.jpg") < 20.0);
}

TEST_CASE("a large JPEG is decoded smaller, and its results are of its own size") {
  const test::TemporaryFolder folder;
  cv::Mat pixels = cv::Mat::zeros(3200, 3200, CV_8U);
  pixels.colRange(800, 2400).setTo(255);
  fs::create_directories(folder / "in");
  REQUIRE(cv::imwrite((folder / "in/large.jpg").string(), pixels));
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  run(request);
  const Json record = records(folder / "out").at(0);
  CHECK(record["width"] == 3200);
  CHECK(record["detections"][0]["box"] == Json::array({800.0, 800.0, 1600.0, 1600.0}));
  CHECK(cv::imread((folder / "out/overlays/large.jpg.jpg").string()).size() == cv::Size(3200, 3200));
  const cv::Mat mask = cv::imread((folder / "out/masks/large.jpg.png").string(), cv::IMREAD_GRAYSCALE);
  REQUIRE(mask.size() == pixels.size());
  // One pixel of the network's grid is 200 of the image's; the edge lies within half of that.
  CHECK(cv::countNonZero(mask.colRange(900, 2300) != 255) == 0);
  CHECK(cv::countNonZero(mask.colRange(0, 700)) + cv::countNonZero(mask.colRange(2500, 3200)) == 0);
}

TEST_CASE("a radiograph with bone reaches the detector, one without does not") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/bone.png", 255);
  write_radiograph(folder / "in/empty.png", 0);
  const ScanSummary summary = run(request_for(folder / "in", folder / "out"));
  CHECK(summary.end == ScanEnd::kFinished);
  CHECK(summary.counts.ok == 2);
  CHECK(summary.counts.with_bone == 1);
  CHECK(summary.counts.detections == 1);

  const auto lines = records(folder / "out");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["file"] == "bone.png");
  CHECK(lines[0]["bone"]["present"] == true);
  CHECK(lines[0]["bone"]["fraction"] == 0.5);
  CHECK(lines[0]["detector_ran"] == true);
  CHECK(lines[0]["detections"][0]["label"] == "fractured");
  CHECK(lines[0]["detections"][0]["box"] == Json({12.0, 8.0, 24.0, 16.0}));  // 4..12 of 16, in a picture of 48 x 32
  CHECK(lines[1]["bone"]["present"] == false);
  CHECK(lines[1]["detector_ran"] == false);
  CHECK(lines[1]["detections"].empty());

  const cv::Mat mask = cv::imread((folder / "out/masks/bone.png.png").string(), cv::IMREAD_UNCHANGED);
  CHECK(mask.type() == CV_8U);
  CHECK(mask.size() == cv::Size(48, 32));
  CHECK(fs::exists(folder / "out/masks/empty.png.png"));
}

TEST_CASE("the detector is loaded once, and only if a radiograph shows bone") {
  const test::TemporaryFolder folder;
  Calls calls;
  for (int i = 0; i < 6; ++i) write_radiograph(folder / "dark" / (std::to_string(i) + ".png"), 30);
  run(request_for(folder / "dark", folder / "out1"), calls);
  CHECK(calls.detectors_loaded == 0);
  CHECK(read_json_file(folder / "out1/run.json")["models"]["detector"]["loaded"] == false);

  for (int i = 0; i < 6; ++i) write_radiograph(folder / "bright" / (std::to_string(i) + ".png"), 250);
  run(request_for(folder / "bright", folder / "out2"), calls);
  CHECK(calls.detectors_loaded == 1);
  CHECK(read_json_file(folder / "out2/run.json")["models"]["detector"]["loaded"] == true);
}

TEST_CASE("results do not depend on the number of threads") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 30);
  ScanRequest request = request_for(folder / "in", folder / "out1");
  request.overlay = true;
  request.formats = {BoxFormat::kYolo, BoxFormat::kVoc, BoxFormat::kCsv};
  request.threads = 1;
  run(request);
  request.threads = 8;
  request.output = folder / "out8";
  run(request);
  const auto files = files_of(folder / "out1");
  // results, radiographs, detections, images; table; names of YOLO's classes; mask, overlay, two labels each
  CHECK(files.size() == 4 + 1 + 1 + 30 * 4);
  CHECK(files == files_of(folder / "out8"));
}

TEST_CASE("a radiograph that cannot be read has a record that says why, and the run goes on") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 4);
  const ScanSummary summary = run(request_for(folder / "in", folder / "out"));
  CHECK(summary.end == ScanEnd::kFinished);
  CHECK(summary.counts.ok == 4);
  CHECK(summary.counts.failed == 1);
  const auto lines = records(folder / "out");
  REQUIRE(lines.size() == 5);
  CHECK(lines[2]["file"] == "left/broken.png");
  CHECK(lines[2]["status"] == "failed");
  CHECK_FALSE(lines[2].contains("width"));
  const Json report = read_json_file(folder / "out/run.json");
  CHECK(report["failures"][0]["file"] == "left/broken.png");
  CHECK(report["failures"][0]["error"] == lines[2]["error"]);
  // The third input failed: its id is missing among the images, not given to another.
  std::vector<int> ids;
  const Json images = read_json_file(folder / "out/images.json");
  for (const Json& image : images["images"]) ids.push_back(image["id"]);
  CHECK(ids == std::vector<int>{1, 2, 4, 5});
}

TEST_CASE("a picture that cannot be written fails its radiograph only") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  write_radiograph(folder / "in/2.png", 200);
  Calls calls;
  calls.on_segment = [&](int) {
    if (fs::exists(folder / "out")) fs::create_directories(folder / "out/masks/1.png.png/in the way");
  };
  const ScanSummary summary = run(request_for(folder / "in", folder / "out"), calls);
  CHECK(summary.counts.ok == 1);
  CHECK(summary.counts.failed == 1);
  CHECK_THAT(records(folder / "out")[0]["error"].get<std::string>(), Catch::Contains("cannot be written"));
}

TEST_CASE("a name that leaves no room for an extension has pictures of a shorter name, and is resumed by its own") {
  const test::TemporaryFolder folder;
  const std::string longest(251, 'n');  // with ".png" 255 bytes, all that a file name can have
  write_radiograph(folder / "in" / (longest + ".png"), 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  CHECK(run(request).counts.ok == 1);
  const Json record = records(folder / "out")[0];
  CHECK(record["file"] == longest + ".png");
  CHECK(fs::exists(folder / "out" / record["bone"]["mask"].get<std::string>()));
  request.existing_output = ExistingOutput::kResume;
  Calls calls;
  run(request, calls);
  CHECK(calls.segmented == 0);
  request.existing_output = ExistingOutput::kOverwrite;
  request.overlay = false;
  run(request);
  CHECK(files_of(folder / "out").size() == 5);  // results, radiographs, detections, images, mask: the overlay is gone
}

TEST_CASE("a radiograph for which the memory is too small fails by itself") {
  const test::TemporaryFolder folder;
  for (const char* name : {"1.png", "2.png", "3.png"}) write_radiograph(folder / "in" / name, 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.threads = 1;
  Calls calls;
  calls.on_segment = [&](int segmented) {
    if (segmented == 1) throw std::bad_alloc();
    if (segmented == 2) CV_Error(cv::Error::StsNoMem, "Failed to allocate");
  };
  // Loading tries the network once, and that goes well.
  const auto fails_in_run = std::exchange(calls.on_segment, [](int) {});
  std::istringstream nothing;
  const InputSet inputs = find_inputs(request.inputs, nothing, request.output);
  const ScanModels models = pipeline_models(calls);
  calls.on_segment = fails_in_run;
  CHECK(scan(request, inputs, models, {}).counts.failed == 2);
  CHECK(records(folder / "out")[1]["error"] == "needs more memory than there is");
}

TEST_CASE("a radiograph that is gone when its turn comes fails by itself") {
  const test::TemporaryFolder folder;
  for (const char* name : {"1.png", "2.png", "3.png"}) write_radiograph(folder / "in" / name, 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.threads = 1;
  Calls calls;
  calls.on_segment = [&](int) { fs::remove(folder / "in/3.png"); };
  CHECK(run(request, calls).counts.ok == 2);
  CHECK(records(folder / "out")[2]["error"] == "cannot be opened: No such file or directory");
}

TEST_CASE("a radiograph that becomes another picture before its overlay is drawn fails by itself") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.jpg", 200, {1600, 1600});  // large enough to be decoded smaller at first
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  Calls calls;
  calls.on_segment = [&](int) { write_radiograph(folder / "in/1.jpg", 200, {1700, 1600}); };
  std::istringstream nothing;
  const InputSet inputs = find_inputs(request.inputs, nothing, request.output);
  const ScanModels models = pipeline_models(calls);
  write_radiograph(folder / "in/1.jpg", 200, {1600, 1600});  // loading has tried the network once
  CHECK(scan(request, inputs, models, {}).counts.failed == 1);
  CHECK(records(folder / "out")[0]["error"] == "became another picture while it was read");
}

TEST_CASE("a run whose output folder is removed ends with an error instead of going on into nowhere") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 10);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.threads = 1;  // nobody writes into the folder while it is removed
  Calls calls;
  calls.on_segment = [&](int segmented) {
    if (segmented == 4) fs::remove_all(folder / "out");
  };
  CHECK_THROWS_WITH(run(request, calls), Catch::Contains("it was removed"));
  CHECK_FALSE(fs::exists(folder / "out" / kResultsName));
}

TEST_CASE("a run with --fail-fast stops at the first failure in input order, and keeps what came before") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 12);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.fail_fast = true;
  const ScanSummary summary = run(request);
  CHECK(summary.end == ScanEnd::kStoppedAtFailure);
  const auto lines = records(folder / "out");
  CHECK(lines.back()["file"] == "left/broken.png");
  CHECK(lines.size() == 7);  // left/1, 11, 3, 5, 7, 9, broken
  std::size_t masks = 0;
  for (const auto& [name, content] : files_of(folder / "out")) masks += name.starts_with("masks/");
  CHECK(masks == 6);  // none of a radiograph that has no record
}

// Cannot be loaded.
template <typename Failure>
std::unique_ptr<LazyDetector> detector_that_throws(const Failure& failure) {
  return std::make_unique<LazyDetector>(ModelDescription{"tiny_detector.pt", "de7", card("detection")},
                                        [failure]() -> Detector { throw failure; });
}

TEST_CASE("a detector that cannot be loaded is not tried again by every thread that waits for it") {
  std::atomic<int> loads = 0;
  LazyDetector detector({"tiny_detector.pt", "de7", card("detection")}, [&loads]() -> Detector {
    ++loads;
    throw UsageError("it does not fit");
  });
  for (int i = 0; i < 3; ++i) CHECK_THROWS_WITH(detector.get(), "it does not fit");
  CHECK(loads == 1);
  CHECK_FALSE(detector.loaded());
}

TEST_CASE("a detector that turns out not to fit its card ends the run, and nothing of it stays") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 12);
  const ScanRequest request = request_for(folder / "in", folder / "out");
  Calls calls;
  ScanModels models = pipeline_models(calls);
  models.detector = detector_that_throws(UsageError("it does not fit"));
  std::istringstream nothing;
  const InputSet inputs = find_inputs(request.inputs, nothing, request.output);
  CHECK_THROWS_AS(scan(request, inputs, models, {}), UsageError);
  CHECK_FALSE(fs::exists(folder / "out"));

  // A folder that was there before stays; where there was no run, resuming is no other case.
  fs::create_directories(folder / "out");
  ScanRequest resuming = request;
  resuming.existing_output = ExistingOutput::kResume;
  models.detector = detector_that_throws(UsageError("it does not fit"));
  CHECK_THROWS_WITH(scan(resuming, inputs, models, {}), "it does not fit");
  CHECK(fs::is_empty(folder / "out"));
}

TEST_CASE("a detector that finds no memory ends the run, and what is done stays") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 12);
  const ScanRequest request = request_for(folder / "in", folder / "out");
  Calls calls;
  ScanModels models = pipeline_models(calls);
  models.detector = detector_that_throws(std::bad_alloc());
  std::istringstream nothing;
  const InputSet inputs = find_inputs(request.inputs, nothing, request.output);
  CHECK_THROWS_AS(scan(request, inputs, models, {}), OutputError);
  CHECK(fs::exists(folder / "out" / kJournalName));
}

TEST_CASE("a radiograph whose overlay cannot be written leaves no mask behind") {
  const test::TemporaryFolder folder;
  constexpr int kWiderThanJpeg = 70000;
  fs::create_directories(folder / "in");
  REQUIRE(cv::imwrite((folder / "in/wide.png").string(), cv::Mat(20, kWiderThanJpeg, CV_8U, cv::Scalar(200))));
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  CHECK(run(request).counts.failed == 1);
  CHECK_FALSE(fs::exists(folder / "out/masks"));
}

TEST_CASE("a radiograph whose mask cannot be written leaves no overlay behind") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  CHECK(run(request).counts.failed == 0);
  fs::remove(folder / "out/masks/1.png.png");
  write_file_atomically(folder / "out/masks/1.png.png/in the mask's place", "");
  request.existing_output = ExistingOutput::kOverwrite;
  CHECK(run(request).counts.failed == 1);
  CHECK_FALSE(fs::exists(folder / "out/overlays/1.png.jpg"));
}

TEST_CASE("a radiograph that is done again and fails leaves nothing of what it was") {
  const test::TemporaryFolder folder;
  for (const char* name : {"in/1.png", "in/2.png"}) write_radiograph(folder / name, 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  request.formats = {BoxFormat::kYolo, BoxFormat::kVoc};
  run(request);
  CHECK(files_of(folder / "out").contains("labels/1.txt"));

  fs::remove(folder / "out/masks/1.png.png");
  write_file_atomically(folder / "in/1.png", "no picture any more");
  request.existing_output = ExistingOutput::kResume;
  CHECK(run(request).counts.failed == 1);
  for (const auto& [name, content] : files_of(folder / "out")) CHECK_THAT(name, !Catch::Contains("/1."));
}

TEST_CASE(
    "failures beside radiographs of their folder take no file that others wrote, nor the folder from under them") {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 100; ++i) {
    for (const char* name : {"b0.png", "b1.png", "b2.png"})
      write_file_atomically(folder / "in" / std::to_string(i) / name, "no picture");
    write_radiograph(folder / "in" / std::to_string(i) / "z.png", 200);
  }
  ScanRequest request = request_for(folder / "in", folder / "out");
  run(request);
  write_file_atomically(folder / "out/masks/0/b0.png.png", "of somebody else");
  request.existing_output = ExistingOutput::kResume;
  request.threads = 4;
  CHECK(run(request).counts.failed == 300);
  CHECK(read_text_file(folder / "out/masks/0/b0.png.png") == "of somebody else");
}

TEST_CASE("a merge that is interrupted while it checks the shards leaves the merged folder as it was") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest shard = request_for(folder / "in", folder / "shard");
  shard.inputs.shard = Shard{1, 1};
  run(shard);
  MergeRequest request{{folder / "shard"}, folder / "merged", ExistingOutput::kRefuse, {}};
  REQUIRE(merge(request, {}).end == ScanEnd::kFinished);
  const auto before = files_of(folder / "merged");
  request.existing_output = ExistingOutput::kOverwrite;
  Cancellation interrupted;
  interrupted.request();
  CHECK(merge(request, interrupted).end == ScanEnd::kInterrupted);
  CHECK(files_of(folder / "merged") == before);
}

TEST_CASE("what is no input any more stays until the run that dropped it is finished") {
  const test::TemporaryFolder folder;
  for (const char* name : {"in/1.png", "in/2.png"}) write_radiograph(folder / name, 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.overlay = true;
  run(request);
  const auto whole = files_of(folder / "out");
  request.existing_output = ExistingOutput::kResume;

  fs::rename(folder / "in/2.png", folder / "2.png");
  write_radiograph(folder / "in/3.png", 200);
  Cancellation interrupted;
  interrupted.request();
  Calls calls;
  CHECK(run(request, calls, interrupted).end == ScanEnd::kInterrupted);
  fs::rename(folder / "2.png", folder / "in/2.png");
  fs::remove(folder / "in/3.png");
  run(request);
  CHECK(files_of(folder / "out") == whole);
}

TEST_CASE("an interrupted run goes on where it stopped, and ends as if undisturbed") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 20);
  run(request_for(folder / "in", folder / "undisturbed"));

  ScanRequest request = request_for(folder / "in", folder / "out");
  Cancellation cancellation;
  Calls first;
  first.on_segment = [&](int segmented) {
    if (segmented == 7) cancellation.request();
  };
  const ScanSummary summary = run(request, first, cancellation);
  CHECK(summary.end == ScanEnd::kInterrupted);
  CHECK(summary.counts.ok >= 6);
  CHECK(summary.counts.ok < 20);
  CHECK_FALSE(fs::exists(folder / "out" / kResultsName));
  CHECK_FALSE(fs::exists(folder / "out" / kDetectionsName));
  CHECK(read_json_file(folder / "out/run.json")["status"] == "interrupted");

  // As after a kill: the last line is cut off.
  const fs::path journal = folder / "out" / kJournalName;
  const std::string text = read_text_file(journal);
  write_file_atomically(journal, text.substr(0, text.size() - 5));

  request.existing_output = ExistingOutput::kResume;
  Calls second;
  const ScanSummary resumed = run(request, second);
  CHECK(resumed.counts.ok == 20);
  CHECK(resumed.counts.failed == 1);
  const int done_before = static_cast<int>(std::count(text.begin(), text.end(), '\n')) - 1;
  CHECK(second.segmented <= 20 - done_before + 1);  // at most the broken one was among them
  CHECK(files_of(folder / "out") == files_of(folder / "undisturbed"));
}

TEST_CASE("resuming a finished run does only what is new") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  write_radiograph(folder / "in/2.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  run(request);
  write_radiograph(folder / "in/0.png", 90);
  fs::remove(folder / "out/masks/2.png.png");
  request.existing_output = ExistingOutput::kResume;
  Calls calls;
  run(request, calls);
  CHECK(calls.segmented == 2);  // the new one, and the one whose mask is gone
  CHECK(records(folder / "out").size() == 3);
  CHECK(records(folder / "out")[0]["file"] == "0.png");
  CHECK(fs::exists(folder / "out/masks/2.png.png"));
}

TEST_CASE("a line of the results that is damaged is computed again") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 6);
  ScanRequest request = request_for(folder / "in", folder / "out");
  run(request);
  const auto whole = files_of(folder / "out");
  std::string text = whole.at(kResultsName);
  const std::size_t second = text.find('\n') + 1;
  text.replace(second, text.find('\n', second) - second, "{garbage");
  write_file_atomically(folder / "out" / kResultsName, text);
  request.existing_output = ExistingOutput::kResume;
  run(request);
  CHECK(files_of(folder / "out") == whole);
}

TEST_CASE("a run that goes on keeps its formats, and drops the files of what is no longer an input") {
  const test::TemporaryFolder folder;
  write_mixed_radiographs(folder / "in", 6);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.formats = {BoxFormat::kCsv, BoxFormat::kYolo};
  run(request);
  fs::remove(folder / "in/left/1.png");
  write_radiograph(folder / "in/left/7.png", 200);
  request.existing_output = ExistingOutput::kResume;
  request.formats.clear();
  run(request);
  ScanRequest anew = request_for(folder / "in", folder / "anew");
  anew.formats = {BoxFormat::kCsv, BoxFormat::kYolo};
  run(anew);
  CHECK(files_of(folder / "out") == files_of(folder / "anew"));
}

TEST_CASE("resuming with other thresholds is refused and changes nothing") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  run(request);
  const auto before = files_of(folder / "out");
  request.existing_output = ExistingOutput::kResume;
  request.detection.score_threshold = 0.9;
  CHECK_THROWS_WITH(run(request), Catch::Contains("score_threshold"));
  CHECK(files_of(folder / "out") == before);
}

TEST_CASE("run.json tells the thresholds in force, of the card or given, and a run goes on with the same ones") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.segmentation.min_bone_fraction = 0.25;
  run(request);
  const Json settings = read_json_file(folder / "out/run.json")["settings"];
  CHECK(settings["mask_threshold"] == 0.5);
  CHECK(settings["min_bone_fraction"] == 0.25);
  CHECK(settings["score_threshold"] == 0.5);
  CHECK(settings["nms_iou"] == 0.45);
  CHECK(settings["box_voting_iou"] == 1.0);
  CHECK(settings["max_detections"] == 200);
  CHECK(settings["detector"] == "de7");
  CHECK(settings["input_folder"] == fs::canonical(folder / "in").string());
  // All that results depend on.
  std::vector<std::string> names;
  for (const auto& [name, value] : settings.items()) names.push_back(name);
  std::sort(names.begin(), names.end());
  CHECK(Json(names) == Json::parse(R"(["allow_truncated", "box_voting_iou", "detector", "device", "dicom_tags",
    "input_folder", "mask_threshold", "max_detections", "max_file_size", "max_pixels", "min_bone_confidence",
    "min_bone_fraction", "model_cards", "nms_iou", "overlay", "precision", "score_threshold", "segmenter", "shard",
    "task", "top_k", "tta", "version"])"));
  request.existing_output = ExistingOutput::kResume;
  request.detection.score_threshold = 0.5;  // what the card says
  CHECK_NOTHROW(run(request));
}

TEST_CASE("pictures are read at three halves of the largest network input, and no smaller than 768") {
  Calls calls;
  ScanModels models = pipeline_models(calls);
  CHECK(smallest_useful_side(models) == 768);
  ModelCard large = card("detection");
  large.input.height = 1024;
  models.detector =
      std::make_unique<LazyDetector>(ModelDescription{"large.pt", "1a", large}, std::function<Detector()>());
  CHECK(smallest_useful_side(models) == 1536);
}

TEST_CASE("an impossible option of a detector that is not loaded yet is refused before anything is written") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "out");
  request.detection.nms_iou = 1.5;
  CHECK_THROWS_WITH(run(request), Catch::Contains("nms_iou"));
  CHECK_FALSE(fs::exists(folder / "out"));
}

TEST_CASE("overwriting leaves no file of the earlier run") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  write_radiograph(folder / "other/2.png", 200);
  run(request_for(folder / "in", folder / "out"));
  run(request_for(folder / "other", folder / "fresh"));
  ScanRequest request = request_for(folder / "other", folder / "out");
  request.existing_output = ExistingOutput::kOverwrite;
  run(request);
  CHECK(files_of(folder / "out") == files_of(folder / "fresh"));
}

TEST_CASE("labels that would share a name are refused before anything is written") {
  const test::TemporaryFolder folder;
  write_radiograph(folder / "in/1.png", 200);
  ScanRequest request = request_for(folder / "in", folder / "begun");
  request.formats = {BoxFormat::kYolo};
  run(request);
  write_radiograph(folder / "in/1.bmp", 200);
  request.output = folder / "out";
  CHECK_THROWS_WITH(run(request), Catch::Contains("use --format csv"));
  CHECK_FALSE(fs::exists(folder / "out"));

  const auto before = files_of(folder / "begun");
  request.output = folder / "begun";
  request.existing_output = ExistingOutput::kResume;
  request.formats = {BoxFormat::kCsv};  // beside YOLO labels, which the run began with
  CHECK_THROWS_WITH(run(request), Catch::Contains("name another --output"));
  CHECK(files_of(folder / "begun") == before);
}

}  // namespace
}  // namespace bonescan
