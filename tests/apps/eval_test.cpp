// bonescan eval as its users run it: exit codes, messages and files of the real executable.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/json.h"
#include "support/process.h"
#include "support/run_folder.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using test::kDetector;
using test::kSegmenter;
using test::ProcessResult;
using test::TemporaryFolder;
using Words = std::vector<std::string>;

// pycocotools' names of the twelve numbers, and report.json's.
const std::vector<std::pair<std::string, std::string>> kCocoFigures = {{"AP", "ap"},
                                                                       {"AP50", "ap50"},
                                                                       {"AP75", "ap75"},
                                                                       {"AP_small", "ap_small"},
                                                                       {"AP_medium", "ap_medium"},
                                                                       {"AP_large", "ap_large"},
                                                                       {"AR1", "ar_1"},
                                                                       {"AR10", "ar_10"},
                                                                       {"AR100", "ar_100"},
                                                                       {"AR_small", "ar_small"},
                                                                       {"AR_medium", "ar_medium"},
                                                                       {"AR_large", "ar_large"}};

ProcessResult eval(Words words) {
  words.insert(words.begin(), "eval");
  return test::run_bonescan(words);
}

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// The report that `words` print with -o -.
Json report_of(const Words& words) {
  const ProcessResult result = eval(joined(words, {"-o", "-"}));
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  return parse_json(result.output, "report");
}

Words case_words(const fs::path& folder) {
  return {"detect",
          "--ground-truth",
          folder / "ground_truth.json",
          "--predictions",
          folder / "detections.json",
          "--bootstrap",
          "0"};
}

// Equal within 1e-9; -1 and null in the expected answers are undefined, which is null in the report.
void check_figure(const std::string& name, const Json& figure, const Json& expected) {
  INFO(name << " is " << figure << ", expected " << expected);
  const bool undefined = expected.is_null() || expected.get<double>() == -1.0;
  REQUIRE(figure.is_null() == undefined);
  if (!undefined) CHECK(std::abs(figure.get<double>() - expected.get<double>()) <= 1e-9);
}

void check_coco(const Json& report, const Json& expected) {
  for (const auto& [theirs, ours] : kCocoFigures)
    check_figure(ours, report.at("metrics").at(ours), expected.at("coco").at(theirs));
  for (const Json& of_class : report.at("classes")) {
    const std::string id = std::to_string(of_class.at("id").get<int>());
    if (!expected.at("coco_per_class").contains(id)) continue;
    const Json& per_class = expected.at("coco_per_class").at(id);
    check_figure("ap of class " + id, of_class.at("ap"), per_class.at("AP"));
    check_figure("ap50 of class " + id, of_class.at("ap50"), per_class.at("AP50"));
    check_figure("ar of class " + id, of_class.at("ar_100"), per_class.at("AR"));
  }
}

void check_voc(const Json& report, const Json& expected) {
  const Json& at = report.at("at_iou_threshold");
  check_figure("11 points", at.at("voc_11point"), expected.at(0).at("mAP_11_point"));
  check_figure("all points", at.at("voc_all_points"), expected.at(0).at("mAP_all_point"));
  check_figure("11 points, +1 pixel", at.at("voc_11point_plus_one_pixel"), expected.at(1).at("mAP_11_point"));
  check_figure("all points, +1 pixel", at.at("voc_all_points_plus_one_pixel"), expected.at(1).at("mAP_all_point"));
}

// Without ground truth the reference prints 0 where there is nothing to be found: undefined here.
void check_froc(const Json& report, const Json& expected) {
  const bool defined = report.at("per_image").at("images") != 0;
  for (std::size_t i = 0; i < report.at("froc").size(); ++i)
    check_figure("froc", report.at("froc").at(i).at("sensitivity"),
                 defined ? expected.at("sensitivity").at(i) : Json());
  check_figure("mean sensitivity", report.at("froc_summary").at("mean_sensitivity"),
               defined ? expected.at("mean") : Json());
}

// Reports of one case by score threshold: each is a run of the program, and several checks need the same.
using Reports = std::map<double, Json>;

void check_image_figures(const Reports& reports, const Json& expected) {
  for (const Json& reading : expected.at("box_iou_readings")) {
    const Json& figures = reports.at(reading.at("min_score").get<double>()).at("per_image");
    CHECK(figures.at("images") == reading.at("images"));
    if (reading.at("images") == 0) continue;  // all four are undefined
    const char* const ours = "mean_over_truth_of_best_detection";
    check_figure("iou_mean", figures.at("iou_mean"), reading.at("mean_over_images").at(ours));
    check_figure("iou_max", figures.at("iou_max"), reading.at("max_over_images").at(ours));
    const Json& ap50 = expected.at("per_image_torchmetrics_style");
    check_figure("ap50_mean", figures.at("ap50_mean"), ap50.at("mean_AP50_over_images_with_gt"));
    check_figure("ap50_max", figures.at("ap50_max"), ap50.at("max_AP50"));
  }
}

void check_image_level(const Reports& reports, const Json& expected) {
  for (const auto& [threshold, counts] : expected.at("at_threshold").items()) {
    const Json& figures = reports.at(std::stod(threshold)).at("image_level");
    check_figure("auc", figures.at("auc"), expected.at("roc_auc"));
    check_figure("sensitivity", figures.at("sensitivity"), counts.at("sensitivity"));
    check_figure("specificity", figures.at("specificity"), counts.at("specificity"));
    CHECK(figures.at("true_positives") == counts.at("tp"));
    CHECK(figures.at("true_negatives") == counts.at("tn"));
  }
}

void check_case(const fs::path& folder) {
  INFO(folder);
  const Json answers = read_json_file(folder / "expected.json");
  const Json& expected = answers.at("pycocotools_and_reference");
  Reports reports;
  for (const char* threshold : {"0", "0.25", "0.5", "0.75"})
    reports[std::stod(threshold)] = report_of(joined(case_words(folder), {"--score-threshold", threshold}));
  const Json& report = reports.at(0.0);
  CHECK(report.at("schema") == "bonescan.eval/1");
  check_coco(report, expected);
  check_voc(report, expected.at("voc"));
  check_froc(report, expected.at("froc_step"));
  check_image_figures(reports, expected);
  check_image_level(reports, expected.at("image_level"));
  if (answers.contains("extra") && answers.at("extra").contains("voc_at_0.3"))
    check_voc(report_of(joined(case_words(folder), {"--iou-threshold", "0.3"})), answers.at("extra").at("voc_at_0.3"));
}

void check_all_cases(const fs::path& folder) {
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!fs::exists(entry.path() / "expected.json")) continue;
    check_case(entry.path());
    ++cases;
  }
  CHECK(cases > 0);
}

// The compact rows of random_cases.json as COCO files.
Json ground_truth_of(const Json& row) {
  Json json = {{"images", Json::array()}, {"categories", Json::array()}, {"annotations", Json::array()}};
  for (const Json& id : row.at("images")) json["images"].push_back({{"id", id}});
  for (const Json& id : row.at("categories")) json["categories"].push_back({{"id", id}});
  for (const Json& box : row.at("ground_truth"))
    json["annotations"].push_back({{"id", json["annotations"].size()},
                                   {"image_id", box[0]},
                                   {"category_id", box[1]},
                                   {"bbox", {box[2], box[3], box[4], box[5]}},
                                   {"area", box[6]},
                                   {"iscrowd", box[7]}});
  return json;
}

Json results_of(const Json& row) {
  Json json = Json::array();
  for (const Json& box : row.at("detections"))
    json.push_back(
        {{"image_id", box[0]}, {"category_id", box[1]}, {"bbox", {box[2], box[3], box[4], box[5]}}, {"score", box[6]}});
  return json;
}

constexpr auto kGroundTruth = R"({
  "images": [{"id": 1, "width": 100, "height": 100, "file_name": "a.png"},
             {"id": 2, "width": 100, "height": 100, "file_name": "b.png"},
             {"id": 3, "width": 100, "height": 100, "file_name": "c.png"}],
  "categories": [{"id": 0, "name": "fractured"}],
  "annotations": [{"id": 0, "image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20]},
                  {"id": 1, "image_id": 2, "category_id": 0, "bbox": [50, 50, 20, 20]}]})";

// One hit, one miss, one false alarm on the image without a fracture.
constexpr auto kResults = R"([{"image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20], "score": 0.9},
                              {"image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10], "score": 0.4}])";

// The same as results.jsonl, made on a folder above.
constexpr auto kRecords =
    R"({"file":"set/a.png","status":"ok","width":100,"height":100,"bone":null,"detector_ran":true,"detections":[{"label":"fractured","score":0.9,"box":[10,10,20,20]}]}
{"file":"set/b.png","status":"failed","error":"is truncated"}
{"file":"set/c.png","status":"ok","width":100,"height":100,"bone":null,"detector_ran":true,"detections":[{"label":"fractured","score":0.4,"box":[0,0,10,10]}]}
)";

// A 2 x 2 image of 24 bits (BMP), rows from the bottom up, 255 where a pixel is set.
std::string bitmap(const std::array<int, 4>& pixels) {
  std::string file("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0\0\0\0\0\x10\0\0\0", 38);
  file += std::string(16, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    file += std::string(3, pixels[i] != 0 ? '\xFF' : '\0');
    if (i % 2 == 1) file += std::string(2, '\0');  // rows are padded to four bytes
  }
  return file;
}

class SmallCase {
 public:
  SmallCase() {
    write("gt.json", kGroundTruth);
    write("results.json", kResults);
    write("results.jsonl", kRecords);
  }

  void write(const std::string& name, std::string_view text) const { write_file_atomically(folder_ / name, text); }
  std::string path(const std::string& name) const { return folder_ / name; }

  Words words(const Words& more = {}) const {
    return joined(
        {"detect", "--ground-truth", path("gt.json"), "--predictions", path("results.json"), "--bootstrap", "50"},
        more);
  }

 private:
  TemporaryFolder folder_;
};

// A picture that fails, its ground truth, and a mask of the same name.
void write_failing_case(const fs::path& folder) {
  test::write_truncated(folder / "images/cut.jpg");
  write_file_atomically(
      folder / "gt.json",
      R"({"images": [{"id": 1, "file_name": "cut.jpg"}], "categories": [{"id": 0, "name": "fractured"}],
          "annotations": [{"id": 1, "image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20]}]})");
  write_file_atomically(folder / "masks/cut.bmp", bitmap({1, 1, 0, 0}));
}

}  // namespace

TEST_CASE("eval detect: the hand-made cases equal pycocotools") {
  check_all_cases(test::data_folder() / "eval");
}

TEST_CASE("eval detect: all shared cases equal pycocotools and the other references") {
  const auto cases = test::shared_or_skipped("eval-cases");
  if (cases) check_all_cases(*cases);
}

TEST_CASE("eval detect: random cases equal pycocotools, whatever --max-detections is") {
  const TemporaryFolder folder;
  for (const Json& row : read_json_file(test::data_folder() / "eval" / "random_cases.json")) {
    INFO("seed " << row.at("seed"));
    write_file_atomically(folder / "gt.json", to_json_text(ground_truth_of(row)));
    write_file_atomically(folder / "results.json", to_json_text(results_of(row)));
    const Json report =
        report_of({"detect", "--ground-truth", folder / "gt.json", "--predictions", folder / "results.json",
                   "--bootstrap", "0", "--max-detections", std::to_string(row.at("max_detections").get<int>())});
    for (const auto& [name, expected] : row.at("coco").items())
      check_figure(name, report.at("metrics").at(name), expected);
    for (const Json& of_class : report.at("classes")) {
      const Json& per_class = row.at("coco_per_class").at(std::to_string(of_class.at("id").get<int>()));
      for (const auto& [name, expected] : per_class.items()) check_figure(name, of_class.at(name), expected);
    }
  }
}

TEST_CASE("eval detect writes three reports and prints the table") {
  const SmallCase files;
  const ProcessResult result = eval(files.words({"-o", files.path("out")}));
  CHECK(result.exit_code == 0);
  CHECK(result.errors.empty());
  CHECK_THAT(result.output, Contains("AP50") && Contains("0.5050"));
  for (const char* name : {"report.json", "report.md", "report.html"})
    CHECK(fs::exists(files.path("out") + "/" + name));
  const Json report = read_json_file(files.path("out") + "/report.json");
  // One of two fractures found before the first false alarm: precision 1 up to recall 0.5, 51 of 101 points.
  check_figure("ap50", report.at("metrics").at("ap50"), 51.0 / 101.0);
  CHECK(report.at("images") == 3);
  CHECK(report.at("image_level").at("auc") == 0.5);  // 0.9 and 0 against 0.4
  CHECK(report.at("images_detail").size() == 3);
}

TEST_CASE("eval detect: results.jsonl gives the figures of COCO results and names failed images") {
  const SmallCase files;
  const Json coco = report_of(files.words());
  const Json records = report_of({"detect", "--ground-truth", files.path("gt.json"), "--predictions",
                                  files.path("results.jsonl"), "--bootstrap", "50"});
  CHECK(coco.at("metrics") == records.at("metrics"));
  CHECK(coco.at("froc") == records.at("froc"));
  CHECK_THAT(to_json_line(records.at("notes")), Contains("1 image failed"));
}

TEST_CASE("eval detect: without negatives specificity is null and the report says why") {
  const SmallCase files;
  files.write("list.csv", "a\nb\n");
  const Json report = report_of(files.words({"--split-list", files.path("list.csv")}));
  CHECK(report.at("images") == 2);
  CHECK(report.at("image_level").at("specificity").is_null());
  CHECK(report.at("image_level").at("auc").is_null());
  CHECK_THAT(to_json_line(report.at("notes")), Contains("No image is without ground-truth boxes"));
}

TEST_CASE("eval detect: intervals do not depend on the number of threads") {
  const SmallCase files;
  const ProcessResult one = eval(files.words({"--threads", "1", "--seed", "7", "-o", "-"}));
  const ProcessResult four = eval(files.words({"--threads", "4", "--seed", "7", "-o", "-"}));
  CHECK(one.output == four.output);
  CHECK(parse_json(one.output, "report").at("confidence_intervals").at("ap50").size() == 2);
}

TEST_CASE("eval detect: requirements decide the exit code") {
  const SmallCase files;
  const auto [requirement, code] = GENERATE(table<std::string, int>({
      {"ap50>=0.50", 0},
      {"ap50>=0.51", 4},
      {"metrics.ap50 >= 0.5", 0},
      {"operating_point.false_positives<=1", 0},
      {"operating_point.false_positives<=0", 4},
      {"images==3", 0},
      {"ap_large>=0", 4},  // undefined: there is no large box
      {"no_such_figure>=0", 2},
      {"precision=0.5", 2},
      {"ap50>=high", 2},
  }));
  CAPTURE(requirement);
  CHECK(eval(files.words({"--require", requirement})).exit_code == code);
}

TEST_CASE("eval detect: a requirement that is not met is one sentence with value, bound and interval") {
  const SmallCase files;
  const ProcessResult result = eval(files.words({"--require", "images==3", "--require", "ap50>=0.9"}));
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.errors, Contains("metrics.ap50 is 0.505") && Contains("95 % interval") && Contains("at least 0.9"));
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
}

TEST_CASE("eval detect: an unknown figure is a usage error and nothing is written") {
  const SmallCase files;
  CHECK(eval(files.words({"--require", "speed>=1", "-o", files.path("out")})).exit_code == 2);
  CHECK_FALSE(fs::exists(files.path("out")));
}

TEST_CASE("eval detect: the best F1 without a hit is 0 and its precision undefined") {
  const SmallCase files;
  files.write("results.json", "[]");
  const ProcessResult result = eval(files.words({"--require", "best_f1.f1>=0.1", "--require", "best_f1.precision>=0"}));
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.errors, Contains("best_f1.f1 is 0;") && Contains("best_f1.precision is undefined"));
}

TEST_CASE("eval detect: predictions that a score threshold may have cut off get a note") {
  const SmallCase files;
  const char* const note = "The lowest score of the predictions is 0.4";
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")), Contains(note));
  files.write("results.json",
              R"([{"image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20], "score": 0.9},
                  {"image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10], "score": 0.02}])");
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")), !Contains("lowest score"));
}

TEST_CASE("eval detect: predictions that may be those of other images get a note") {
  const SmallCase files;
  files.write("results.json",
              R"([{"image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20], "score": 0.01},
                  {"image_id": 3, "category_id": 0, "bbox": [10, 10, 9000, 20], "score": 0.9}])");
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")),
             Contains("1 box of the predictions beyond the borders of the image"));
}

TEST_CASE("eval detect: boxes that are no boxes in pixels get a note, of whichever side they are") {
  const SmallCase files;
  files.write("results.json", R"([{"image_id": 1, "category_id": 0, "bbox": [0.1, 0.1, 0.2, 0.2], "score": 0.01},
                                  {"image_id": 3, "category_id": 0, "bbox": [0.5, 0.5, 0.5, 0.5], "score": 0.9}])");
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")),
             Contains("All boxes of the predictions lie within the first pixel"));
  Json truth = parse_json(kGroundTruth, "ground truth");
  for (Json& box : truth["annotations"]) box["bbox"] = {5000, 10, 20, 20};
  files.write("gt.json", truth.dump());
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")),
             Contains("of the ground truth beyond the borders of the image"));
  for (Json& box : truth["annotations"]) box["bbox"] = {5, 10, 0, 0};
  files.write("gt.json", truth.dump());
  CHECK_THAT(to_json_line(report_of(files.words()).at("notes")), Contains("of the ground truth without area"));
}

TEST_CASE("eval detect: COCO results may name images by their names") {
  const SmallCase files;
  const Json by_id = report_of(files.words());
  Json results = parse_json(kResults, "results"), images = parse_json(kGroundTruth, "ground truth").at("images");
  for (Json& result : results)
    for (const Json& image : images)
      if (image.at("id") == result.at("image_id")) {
        result["image_id"] = fs::path(image.at("file_name").get<std::string>()).stem().string();
        break;
      }
  files.write("results.json", results.dump());
  CHECK(report_of(files.words()).at("images_detail") == by_id.at("images_detail"));
  results[0]["image_id"] = "nothing";
  files.write("results.json", results.dump());
  const ProcessResult refused = eval(files.words());
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, Contains("there is no image \"nothing\"") && Contains("an image's id, or its name"));
}

TEST_CASE("eval detect: folders of any name can be read back from the report") {
  const TemporaryFolder folder;
  const fs::path odd = folder / "caf\xE9 \uFFFD";
  write_file_atomically(odd / "gt.json", kGroundTruth);
  write_file_atomically(odd / "results.json", kResults);
  const Words words = {"detect", "--ground-truth", odd / "gt.json", "--predictions", odd / "results.json"};
  REQUIRE(eval(joined(words, {"-o", odd / "out"})).exit_code == 0);
  const Json report = report_of(joined(words, {"--baseline", odd / "out/report.json"}));
  CHECK(text_to_name(report.at("sources").at("ground_truth").get<std::string>()) == odd / "gt.json");
  CHECK(text_to_name(report.at("sources").at("predictions").get<std::string>()) == odd / "results.json");
  CHECK(text_to_name(report.at("baseline").at("file").get<std::string>()) == odd / "out/report.json");
}

TEST_CASE("eval detect: a baseline that is better fails the run, with the share of resamples without a drop") {
  const SmallCase files;
  REQUIRE(eval(files.words({"-o", files.path("before")})).exit_code == 0);
  const std::string baseline = files.path("before/report.json");
  CHECK(eval(files.words({"--baseline", baseline})).exit_code == 0);

  files.write("results.json", R"([{"image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10], "score": 0.4}])");
  const ProcessResult worse = eval(files.words({"--baseline", baseline, "--max-drop", "0.01"}));
  CHECK(worse.exit_code == 4);
  CHECK_THAT(worse.errors, Contains("baseline metrics.ap50 is not met") && Contains("worse by 0.505") &&
                               Contains("share of resamples without a drop"));
  CHECK(eval(files.words({"--baseline", baseline, "--max-drop", "1"})).exit_code == 0);
}

TEST_CASE("eval detect: a baseline of other images gets a note") {
  const SmallCase files;
  REQUIRE(eval(files.words({"-o", files.path("before")})).exit_code == 0);
  const Words baseline = {"--baseline", files.path("before/report.json"), "--max-drop", "1"};
  CHECK_THAT(to_json_line(report_of(files.words(baseline)).at("notes")), !Contains("of other images"));
  files.write("list.csv", "b\nc\n");
  const Json report = report_of(files.words(joined(baseline, {"--split-list", files.path("list.csv")})));
  CHECK_THAT(to_json_line(report.at("notes")), Contains("The baseline is of other images or other ground truth"));
}

TEST_CASE("eval detect: a baseline that was made with other options is refused, or gets a note") {
  const SmallCase files;
  REQUIRE(eval(files.words({"-o", files.path("before")})).exit_code == 0);
  const Words baseline = {"--baseline", files.path("before/report.json"), "--max-drop", "1"};
  const ProcessResult other_iou = eval(files.words(joined(baseline, {"--iou-threshold", "0.1"})));
  CHECK(other_iou.exit_code == 2);
  CHECK_THAT(other_iou.errors, Contains("--baseline was made with the iou_threshold 0.5, this evaluation has 0.1"));
  CHECK_THAT(eval(files.words(joined(baseline, {"--max-detections", "7"}))).errors, Contains("max_detections 100"));
  const Json report = report_of(files.words(joined(baseline, {"--score-threshold", "0.25"})));
  CHECK_THAT(to_json_line(report.at("notes")), Contains("The baseline's score threshold is 0.0, this one's 0.25"));
}

TEST_CASE("eval detect: predictions come through a pipe, too") {
  const SmallCase files;
  const std::string results = files.path("results.json");
  Words words = joined({"-c", "cat \"$0\" | \"$@\"", results, test::executable(), "eval"}, files.words({"-o", "-"}));
  std::replace(words.begin() + 3, words.end(), results, std::string("/dev/stdin"));
  const ProcessResult piped = test::run_process("sh", words);
  INFO(piped.errors);
  REQUIRE(piped.exit_code == 0);
  CHECK(parse_json(piped.output, "report").at("metrics") == report_of(files.words({})).at("metrics"));
}

TEST_CASE("eval detect: a baseline that the run replaces gets a warning") {
  const SmallCase files;
  REQUIRE(eval(files.words({"-o", files.path("before")})).exit_code == 0);
  const Words baseline = {"--baseline", files.path("before/report.json"), "-o"};
  CHECK(eval(files.words(joined(baseline, {files.path("after")}))).errors.empty());
  CHECK_THAT(eval(files.words(joined(baseline, {files.path("before")}))).errors, Contains("is replaced by the report"));
}

TEST_CASE("eval detect: a baseline that the run fails against stays") {
  const SmallCase files;
  const std::string report = files.path("out/report.json");
  REQUIRE(eval(files.words({"-o", files.path("out")})).exit_code == 0);
  const std::string baseline = read_text_file(report);
  files.write("results.json", "[]");
  for (int attempt = 0; attempt < 2; ++attempt) {
    const ProcessResult worse = eval(files.words({"--baseline", report, "-o", files.path("out")}));
    CHECK(worse.exit_code == 4);
    CHECK_THAT(worse.errors, Contains("stays"));
    CHECK(read_text_file(report) == baseline);
  }
}

TEST_CASE("eval detect: --quiet leaves the gates that are not met") {
  const SmallCase files;
  const ProcessResult met = eval(files.words({"-q", "--require", "images==3"}));
  CHECK(met.exit_code == 0);
  CHECK(met.output.empty());
  CHECK(met.errors.empty());
  const ProcessResult missed = eval(files.words({"-q", "--require", "images==4"}));
  CHECK(missed.exit_code == 4);
  CHECK(missed.output.empty());
  CHECK(std::count(missed.errors.begin(), missed.errors.end(), '\n') == 1);
}

TEST_CASE("eval detect: more false positives are worse") {
  const SmallCase files;
  REQUIRE(eval(files.words({"-o", files.path("before")})).exit_code == 0);
  files.write("results.json",
              R"([{"image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20], "score": 0.9},
                  {"image_id": 3, "category_id": 0, "bbox": [0, 0, 10, 10], "score": 0.4},
                  {"image_id": 3, "category_id": 0, "bbox": [50, 0, 10, 10], "score": 0.3}])");
  const ProcessResult result = eval(files.words({"--baseline", files.path("before/report.json"), "--max-drop", "0.2"}));
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.errors, Contains("operating_point.false_positives is 2, worse by 1 than the baseline's 1"));
}

TEST_CASE("eval detect: gates are written as JUnit XML") {
  const SmallCase files;
  CHECK(eval(files.words({"--require", "ap50>=0.9", "--require", "images==3", "--junit", files.path("junit.xml")}))
            .exit_code == 4);
  const std::string xml = read_text_file(files.path("junit.xml"));
  CHECK_THAT(xml, Contains("tests=\"2\"") && Contains("failures=\"1\"") && Contains("name=\"ap50>=0.9\""));
}

TEST_CASE("eval: JUnit XML goes to a device in a folder that takes no files") {
  const SmallCase files;
  std::filesystem::permissions(files.path("."), std::filesystem::perms::all);
  const auto command = test::as_ordinary_user(
      joined({test::executable(), "eval"}, files.words({"--quiet", "--require", "images==3", "--junit", "/dev/null"})));
  if (!command) return;
  const ProcessResult result = test::run_process(command->front(), Words(command->begin() + 1, command->end()));
  INFO(result.errors);
  CHECK(result.exit_code == 0);
}

TEST_CASE("eval: what is wrong with the command line is exit code 2 and one sentence") {
  const SmallCase files;
  files.write("nameless.json", R"({"images": [{"id": 7, "width": 9, "height": 9}], "annotations": [],
                                   "categories": [{"id": 0, "name": "fractured"}]})");
  files.write("broken.json", "{\"images\": [");
  std::filesystem::create_directories(files.path("taken/report.html"));
  files.write("gt/report.json", "{}");
  files.write("model.pt", "");
  files.write("mine/report.md", "my thesis");
  const std::vector<std::pair<Words, std::string>> cases = {
      {Words{}, "bonescan eval: name one of detect, segment, pipeline"},
      {Words{"dtect"}, "bonescan eval: \"dtect\" is not one of detect, segment, pipeline"},
      {Words{"detect", "--colour"},
       "bonescan eval detect: --colour is not expected here; \"bonescan eval detect --help\""},
      {Words{"detect"}, "bonescan eval detect: --ground-truth is missing"},
      {{"detect", "--ground-truth", files.path("none.json"), "--predictions", files.path("results.json")}, "none.json"},
      {{"detect", "--ground-truth", files.path("gt.json")}, "--predictions is missing"},
      {{"detect", "--ground-truth", files.path("gt.json"), "--predictions", files.path("none.json")}, "none.json"},
      {{"detect", "--ground-truth", files.path("broken.json"), "--predictions", files.path("results.json")},
       "ends too early"},
      {files.words({"--images", files.path("none")}), "--images " + files.path("none") + " is not a folder"},
      {{"detect", "--ground-truth", files.path("nameless.json"), "--images", files.path("gt"), "--model", kDetector},
       "image 7 has no file_name"},
      {files.words({"--split", "valid"}), "--fracatlas"},
      {files.words({"--with-negatives"}), "--fracatlas"},
      {files.words({"--iou-threshold", "1.5"}), "--iou-threshold"},
      {files.words({"--max-detections", "0"}), "--max-detections"},
      {files.words({"--baseline", files.path("gt.json"), "--max-drop", "nan"}), "--max-drop"},
      {files.words({"--max-drop", "0.1"}), "--baseline"},
      {files.words({"--seed", "-1"}), "--seed"},
      {files.words({"-o", files.path("gt.json")}), "--output: " + files.path("gt.json") + " is not a folder"},
      {files.words({"-o", files.path("gt.json") + "/report"}), "is not a folder"},
      {files.words({"--junit", files.path("gt.json") + "/junit.xml"}), "--junit: "},
      {files.words({"--model", files.path("model.pt")}), "--model is for running a model"},
      {files.words({"--tta"}), "--tta is for running a model"},
      {files.words({"--require", "map50>=0.4"}), "there is no figure \"map50\" (did you mean \"ap50\"?)"},
      {files.words({"--junit", files.path("results.json")}), "results.json is read by this evaluation"},
      {files.words({"--junit", files.path("model.pt"), "--model", files.path("model.pt")}), "model.pt is read by this"},
      {{"detect", "--ground-truth", files.path("gt/report.json"), "--predictions", files.path("results.json"), "-o",
        files.path("gt")},
       "report.json is read by this evaluation"},
      {files.words({"--junit", files.path("out/report.json"), "-o", files.path("out")}), "is where --output goes"},
      {files.words({"--junit", files.path("out"), "-o", files.path("out")}), "is where --output goes"},
      {files.words({"-o", files.path("mine")}), "report.md is no report of bonescan eval, and would be replaced"},
      {files.words({"-o", files.path("taken")}), "--output: " + files.path("taken/report.html") + " is a folder"},
      {files.words({"--baseline", files.path("none.json")}), "--baseline: "},
      {files.words({"--baseline", files.path("gt.json")}), "is not a report of bonescan eval"},
  };
  for (const auto& [words, sentence] : cases) {
    CAPTURE(words);
    const ProcessResult result = eval(words);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(sentence));
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  }
}

TEST_CASE("eval detect: a warning tells that hardly any image with boxes has predictions") {
  const SmallCase files;
  CHECK_THAT(eval(files.words()).errors, !Contains("are they of these images?"));
  files.write("results.json", "[]");
  CHECK_THAT(eval(files.words()).errors, Contains("with boxes in") && Contains("are they of these images?"));
}

TEST_CASE("eval detect: detections.json of a run over more images, and of another name for the one class") {
  const SmallCase files;
  files.write("run/images.json", R"({"images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "z.png"}],
                                     "categories": [{"id": 0, "name": "break"}]})");
  files.write("run/detections.json", R"([{"image_id": 1, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5},
                                         {"image_id": 2, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}])");
  const Json report = report_of(
      {"detect", "--ground-truth", files.path("gt.json"), "--predictions", files.path("run/detections.json")});
  CHECK(report.at("predictions") == 1);
  CHECK_THAT(to_json_line(report.at("notes")),
             Contains("1 image of the predictions not in") && Contains("the one class of the predictions"));
}

TEST_CASE("eval detect: predictions that cannot be meant are refused") {
  const SmallCase files;
  const auto refused = [&](const std::string& predictions, const std::string& sentence) {
    const ProcessResult result =
        eval({"detect", "--ground-truth", files.path("gt.json"), "--predictions", predictions});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(sentence));
  };
  fs::create_directories(files.path("empty"));
  refused(files.path("empty"), "holds no YOLO label file");
  files.write("begun/results.jsonl.partial", "");
  refused(files.path("begun"), "a run that is not finished");
  files.write("twice/images.json", R"({"images": [{"id": 1, "file_name": "x/a.png"}, {"id": 2, "file_name": "y/a.png"}],
                                       "categories": [{"id": 0, "name": "fractured"}]})");
  files.write("twice/detections.json", "[]");
  refused(files.path("twice/detections.json"), "y/a.png stands for the same image as x/a.png");
}

TEST_CASE("eval detect: a shard is no whole run, and what a run predicted is no ground truth") {
  const SmallCase files;
  files.write("shard/results.jsonl", "");
  files.write("shard/run.json", R"({"schema": "bonescan.run/1", "settings": {"shard": "1/3"}})");
  files.write("shard/labels/a.txt", "0 0.5 0.5 0.1 0.1 0.9\n");
  const ProcessResult shard =
      eval({"detect", "--ground-truth", files.path("gt.json"), "--predictions", files.path("shard")});
  CHECK(shard.exit_code == 2);
  CHECK_THAT(shard.errors, Contains("holds shard 1/3 of a run; merge the shards first"));
  for (const char* truth : {"shard", "shard/labels", "shard/labels/"}) {
    const ProcessResult result =
        eval({"detect", "--ground-truth", files.path(truth), "--predictions", files.path("results.json")});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains("holds what a run of bonescan predicted"));
  }
}

TEST_CASE("eval: a standard output that cannot be written is no success") {
  const SmallCase files;
  for (const Words& more : {Words(), Words{"-o", "-"}}) {
    Words words = joined({"-c", "\"$0\" eval \"$@\" > /dev/full", test::executable()}, files.words(more));
    const ProcessResult result = test::run_process("/bin/sh", words);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.errors, Contains("bonescan: standard output cannot be written"));
  }
}

TEST_CASE("eval segment: --max-pixels holds for the masks") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "masks");
  fs::copy_file(test::data_folder() / "images/bilevel.png", folder / "masks/a.png");
  const ProcessResult result =
      eval({"segment", "--ground-truth", folder / "masks", "--predictions", folder / "masks", "--max-pixels", "100"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("the limit is 100 pixels (--max-pixels)"));
}

TEST_CASE("eval detect --max-detections limits every COCO figure") {
  const SmallCase files;
  files.write("results.json",
              R"([{"image_id": 1, "category_id": 0, "bbox": [60, 60, 20, 20], "score": 0.9},
                  {"image_id": 1, "category_id": 0, "bbox": [10, 10, 20, 20], "score": 0.8}])");
  CHECK(report_of(files.words()).at("metrics").at("ap50").get<double>() > 0.0);
  CHECK(report_of(files.words({"--max-detections", "1"})).at("metrics").at("ap50") == 0.0);
}

TEST_CASE("eval detect runs a model on the images where there are no predictions") {
  const TemporaryFolder folder;
  write_file_atomically(
      folder / "gt.json",
      R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}, {"id": 6, "file_name": "IMG0003770.jpg"}],
                            "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  const ProcessResult result =
      eval({"detect", "--ground-truth", folder / "gt.json", "--images", test::data_folder() / "samples", "--model",
            kDetector, "--score-threshold", "0.01", "-o", folder / "out"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  const Json report = read_json_file(folder / "out/report.json");
  CHECK(report.at("models").at("detector").at("path") == kDetector);
  CHECK(report.at("predictions") == 8);  // two images, one box for each of four anchors
  CHECK(report_of({"detect", "--ground-truth", folder / "gt.json", "--images", test::data_folder() / "samples",
                   "--model", kDetector, "--score-threshold", "0.99"})
            .at("predictions") == 8);                // the curves begin below the operating point
  CHECK(report.at("metrics").at("ap50").is_null());  // no ground truth
  // The images without a fracture are shown with their false positives.
  CHECK_THAT(read_text_file(folder / "out/report.html"), Contains("data:image/jpeg;base64,") && !Contains("http"));
}

TEST_CASE("eval detect: YOLO classes that have numbers alone are those of the model, or of the run that is compared") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "in");
  for (const char* name : {"IMG0003767.jpg", "IMG0003770.jpg"})
    fs::copy_file(test::data_folder() / "samples" / name, folder / "in" / name);
  write_file_atomically(folder / "labels/IMG0003767.txt", "0 0.5 0.5 0.9 0.9\n");
  REQUIRE(test::run_bonescan(
              {"detect", folder / "in", "--model", kDetector, "--score-threshold", "0.01", "-o", folder / "run"})
              .exit_code == 0);
  const Words truth = {"detect", "--ground-truth", folder / "labels", "--images", folder / "in"};
  const Json of_model = report_of(joined(truth, {"--model", kDetector})).at("metrics");
  CHECK(of_model.at("ap50").is_number());
  for (const char* predictions : {"run", "run/results.jsonl", "run/detections.json"})
    CHECK(report_of(joined(truth, {"--predictions", folder / predictions})).at("metrics") == of_model);
  // The run tells the model's operating point, too, whatever scores it kept.
  for (const char* member : {"operating_point", "per_image"})
    CHECK(report_of(joined(truth, {"--predictions", folder / "run"})).at(member) ==
          report_of(joined(truth, {"--model", kDetector})).at(member));
  const auto threshold_of = [&](const std::string& predictions) {
    return report_of(joined(truth, {"--predictions", folder / predictions}))
        .at("operating_point")
        .at("score_threshold")
        .get<double>();
  };
  CHECK(threshold_of("run") == 0.5);
  fs::copy_file(folder / "run/results.jsonl", folder / "run/mine.jsonl");
  CHECK(threshold_of("run/mine.jsonl") == 0.5);
  REQUIRE(test::run_bonescan({"detect", folder / "in", "--model", kDetector, "--score-threshold", "0.75", "--format",
                              "yolo", "-o", folder / "high"})
              .exit_code == 0);
  CHECK(threshold_of("high/labels") == 0.75);
}

TEST_CASE("eval --tta shows mirror images to the models that it runs") {
  const TemporaryFolder folder;
  const fs::path samples = test::data_folder() / "samples";
  write_file_atomically(folder / "gt.json", R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}],
                                                "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  fs::create_directories(folder / "truth");
  fs::copy_file(samples / "IMG0003767.jpg", folder / "truth/IMG0003767.jpg");  // any grey picture
  const Words detect = {"detect", "--ground-truth", folder / "gt.json", "--images", samples};
  CHECK(report_of(joined(detect, {"--tta"})).at("images_detail") != report_of(detect).at("images_detail"));
  const Words segment = {"segment", "--ground-truth", folder / "truth", "--images", samples};
  CHECK(report_of(joined(segment, {"--tta"})).at("metrics") != report_of(segment).at("metrics"));
}

// Two radiographs of one base name, as PATIENT/IMAGE gives them.
void write_patients(const fs::path& folder) {
  for (const char* patient : {"p1", "p2"}) {
    fs::create_directories(folder / "wrist" / patient);
    fs::copy_file(test::data_folder() / "samples/IMG0003767.jpg", folder / "wrist" / patient / "1.jpg");
  }
}

TEST_CASE("eval: images of one base name in several folders are told apart when a model runs on them") {
  const TemporaryFolder folder;
  write_patients(folder / "images");
  REQUIRE(test::run_bonescan({"segment", folder / "images/wrist", "--model", kSegmenter, "-o", folder / "drawn"})
              .exit_code == 0);
  fs::create_directories(folder / "masks");
  fs::rename(folder / "drawn/masks", folder / "masks/wrist");
  const Json masks =
      report_of({"segment", "--ground-truth", folder / "masks", "--images", folder / "images", "--model", kSegmenter});
  CHECK(masks.at("images") == 2);
  CHECK(masks.at("metrics").at("iou_mean") == 1.0);

  write_file_atomically(
      folder / "gt.json",
      R"({"images": [{"id": 5, "file_name": "wrist/p1/1.jpg"}, {"id": 6, "file_name": "./wrist/p2/1.jpg"}],
          "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  const Json boxes =
      report_of({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--model", kDetector});
  REQUIRE(boxes.at("images_detail").size() == 2);
  CHECK(boxes.at("images_detail")[0].at("detections") > 0);
  CHECK(boxes.at("images_detail")[0].at("detections") == boxes.at("images_detail")[1].at("detections"));
}

TEST_CASE("eval: one file is not taken for several images") {
  const TemporaryFolder folder;
  write_patients(folder / "images");
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 5, "file_name": "p1/1.jpg"}, {"id": 6, "file_name": "p2/1.jpg"}],
          "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  write_file_atomically(folder / "masks/p1/1.bmp", bitmap({1, 1, 0, 0}));
  write_file_atomically(folder / "masks/p2/1.bmp", bitmap({1, 1, 0, 0}));
  const fs::path one_too_deep = folder / "images/wrist/p1";
  const ProcessResult boxes =
      eval({"detect", "--ground-truth", folder / "gt.json", "--images", one_too_deep, "--model", kDetector});
  CHECK(boxes.exit_code == 2);
  CHECK_THAT(boxes.errors, Contains("p1/1.jpg stands for both p1/1.jpg and p2/1.jpg"));
  const ProcessResult masks =
      eval({"segment", "--ground-truth", folder / "masks", "--images", one_too_deep, "--model", kSegmenter});
  CHECK(masks.exit_code == 2);
  CHECK_THAT(masks.errors, Contains("stands for both"));
}

TEST_CASE("eval: a link below --images to another image of the folder is an image of its own name") {
  const TemporaryFolder folder;
  test::copy_samples(folder / "images/all");
  fs::create_directories(folder / "images/valid");
  fs::create_symlink("../all/IMG0003767.jpg", folder / "images/valid/0001.jpg");
  write_file_atomically(folder / "gt.json", R"({"images": [{"id": 5, "file_name": "valid/0001.jpg"}],
                                                "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  CHECK(report_of({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--model", kDetector})
            .at("images") == 1);
}

TEST_CASE("eval pipeline runs both models, on images of the ground truth and on negatives beside them") {
  const TemporaryFolder folder;
  test::copy_samples(folder / "images");
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}],
                            "categories": [{"id": 0, "name": "fractured"}],
                            "annotations": [{"id": 1, "image_id": 5, "category_id": 0, "bbox": [10, 10, 90, 90]}]})");
  const Json report = report_of({"pipeline", "--ground-truth", folder / "gt.json", "--images", folder / "images",
                                 "--negatives", folder / "images", "--segmenter", kSegmenter, "--detector", kDetector});
  CHECK(report.at("task") == "pipeline");
  CHECK(report.at("images") == 7);  // one with a box, the six others of the folder without
  CHECK(report.at("ground_truth") == 1);
  CHECK(report.at("models").contains("segmenter"));
  CHECK(report.at("models").contains("detector"));
  // The radiograph is too dark for the tiny segmenter: the detector, which finds boxes on each picture, has not seen
  // it.
  CHECK(report.at("predictions") == 8);
  CHECK(report.at("images_detail")[0].at("file") == "IMG0003767.jpg");
  CHECK(report.at("images_detail")[0].at("detections") == 0);
}

TEST_CASE("eval: a model that fails on an image ends with 3, and a note") {
  const TemporaryFolder folder;
  test::copy_samples(folder / "images");
  test::write_truncated(folder / "images/cut.jpg");
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}, {"id": 6, "file_name": "cut.jpg"}],
                            "categories": [{"id": 0, "name": "fractured"}],
                            "annotations": [{"id": 1, "image_id": 6, "category_id": 0, "bbox": [10, 10, 90, 90]}]})");
  const ProcessResult result = eval(
      {"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--model", kDetector, "-o", "-"});
  CHECK(result.exit_code == 3);
  CHECK_THAT(to_json_line(parse_json(result.output, "report").at("notes")),
             Contains("1 image failed when the predictions were made, taken as without detections"));
}

TEST_CASE("eval: hostile names stay text in report.html") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "images");
  fs::copy_file(test::data_folder() / "samples/IMG0003767.jpg", folder / "images/a<b>&.jpg");
  write_file_atomically(folder / "gt.json", R"({"images": [{"id": 5, "file_name": "a<b>&.jpg"}],
      "categories": [{"id": 0, "name": "fractured"}],
      "annotations": [{"id": 1, "image_id": 5, "category_id": 0, "bbox": [10, 10, 90, 90]}]})");
  write_file_atomically(folder / "results.json", "[]");
  REQUIRE(eval({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--predictions",
                folder / "results.json", "-o", folder / "out"})
              .exit_code == 0);
  CHECK_THAT(read_text_file(folder / "out/report.html"), Contains("a&lt;b&gt;&amp;.jpg") && !Contains("a<b>"));
}

TEST_CASE("eval: a copy of an image of the ground truth among the negatives is not taken for it") {
  const TemporaryFolder folder;
  test::copy_samples(folder / "images");
  test::copy_samples(folder / "negatives/deeper");
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}],
                            "categories": [{"id": 0, "name": "fractured"}],
                            "annotations": [{"id": 1, "image_id": 5, "category_id": 0, "bbox": [10, 10, 90, 90]}]})");
  const Json report = report_of({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images",
                                 "--negatives", folder / "negatives", "--model", kDetector});
  CHECK(report.at("images") == 7);
  CHECK_THAT(to_json_line(report.at("notes")), Contains("1 image in"));
}

TEST_CASE("eval: what does not fit the ground truth shows before a model runs") {
  const TemporaryFolder folder;
  test::copy_samples(folder / "images");
  const auto refused = [&](const std::string& images, const std::string& category, const std::string& sentence) {
    write_file_atomically(folder / "gt.json", R"({"images": [)" + images + R"(], "annotations": [],
                                                  "categories": [{"id": 0, "name": ")" +
                                                  category + R"("}]})");
    const ProcessResult result =
        eval({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--model", kDetector});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(sentence) && !Contains("radiographs in"));
  };
  refused(R"({"id": 5, "file_name": "IMG0003767.jpg"})", R"(fracture"}, {"id": 1, "name": "cast)",
          "finds \"fractured\", which is not a category");
  refused(R"({"id": 5, "file_name": "IMG0003767.jpg"}, {"id": 6, "file_name": "./IMG0003767.jpg"})", "fractured",
          "two images are called IMG0003767.jpg");
}

TEST_CASE("eval: the one class of a model is the one category of the ground truth, whatever its name is") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}],
                            "categories": [{"id": 3, "name": "fracture"}], "annotations": []})");
  const Json report = report_of({"detect", "--ground-truth", folder / "gt.json", "--images",
                                 test::data_folder() / "samples", "--model", kDetector});
  CHECK(report.at("predictions") == 4);
  CHECK_THAT(to_json_line(report.at("notes")), Contains("was taken for"));
}

TEST_CASE("eval: where the models fail on every image the exit code is 5") {
  const TemporaryFolder folder;
  write_failing_case(folder.path());
  const ProcessResult boxes = eval({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images",
                                    "--model", kDetector, "-o", folder / "boxes"});
  CHECK(boxes.exit_code == 5);
  CHECK_THAT(to_json_line(read_json_file(folder / "boxes/report.json").at("notes")), Contains("1 image failed"));
  const ProcessResult masks = eval({"segment", "--ground-truth", folder / "masks", "--images", folder / "images",
                                    "--model", kSegmenter, "-o", folder / "masks-report"});
  INFO(masks.errors);
  CHECK(masks.exit_code == 5);
  write_file_atomically(folder / "gt.json",
                        R"({"images": [{"id": 1, "file_name": "cut.jpg"}], "annotations": [],
                            "categories": [{"id": 0, "name": "fractured"}]})");
  const ProcessResult negatives =
      eval({"detect", "--ground-truth", folder / "gt.json", "--images", folder / "images", "--model", kDetector, "-o",
            folder / "negatives", "--require", "image_level.specificity>=0.5"});
  CHECK(negatives.exit_code == 4);
  CHECK_THAT(negatives.errors, Contains("image_level.specificity is undefined"));
  CHECK(read_json_file(folder / "negatives/report.json").at("image_level").at("specificity").is_null());
  const Json report = read_json_file(folder / "masks-report/report.json");
  CHECK(report.at("metrics").at("iou_mean").is_null());
  CHECK_THAT(to_json_line(report.at("notes")), Contains("The model failed on the radiographs of 1 mask,"));
}

TEST_CASE("eval: what is wrong with a gate shows before a model runs") {
  const TemporaryFolder folder;
  write_failing_case(folder.path());
  write_file_atomically(folder / "masks.json", R"({"schema": "bonescan.eval/1", "task": "segmentation"})");
  const Words words = {"detect",          "--ground-truth", folder / "gt.json", "--images",
                       folder / "images", "--model",        kDetector};
  const std::vector<std::pair<Words, std::string>> gates = {
      {{"--require", "ap51>=0.4"}, "there is no figure \"ap51\""},
      {{"--require", "froc.9.sensitivity>=0.5"}, "froc.9.sensitivity"},
      {{"--baseline", folder / "masks.json"}, "--baseline is a report of the task \"segmentation\""},
  };
  for (const auto& [gate, sentence] : gates) {
    const ProcessResult result = eval(joined(words, gate));
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(sentence));
    CHECK_THAT(result.errors, !Contains("cut.jpg"));  // the model has not run
  }
}

TEST_CASE("eval detect --model-card supplies the operating point") {
  const TemporaryFolder folder;
  const auto doctor = test::run_bonescan({"doctor", "--json", "--segmenter", kSegmenter, "--detector", kDetector});
  Json card = parse_json(doctor.output, "doctor").at("models").at("detector").at("card");
  card["operating_point"]["score_threshold"] = 0.625;
  write_file_atomically(folder / "card.json", to_json_text(card));
  write_file_atomically(
      folder / "gt.json",
      R"({"images": [{"id": 5, "file_name": "cat.jpg"}], "categories": [{"id": 0, "name": "fractured"}],
          "annotations": []})");
  const Words words = {"detect",  "--ground-truth", folder / "gt.json", "--images", test::data_folder() / "samples",
                       "--model", kDetector};
  const Json report = report_of(joined(words, {"--model-card", folder / "card.json"}));
  CHECK(report.at("operating_point").at("score_threshold") == 0.625);
  // A pipe gives it but once.
  const Words piped = {"-c",  "cat \"$1\" | { shift; exec \"$@\"; }", "sh", folder / "card.json", test::executable(),
                       "eval"};
  const ProcessResult through_pipe = test::run_process(
      "/bin/sh", joined(joined(piped, words), {"--model-card", "/dev/stdin", "-o", folder / "report"}));
  CHECK(through_pipe.exit_code == 0);
  CHECK(read_json_file(folder / "report/report.json").at("operating_point").at("score_threshold") == 0.625);
}

TEST_CASE("eval detect: boxes below the scores of the whole curve count where the operating point lies there") {
  const TemporaryFolder folder;
  const auto doctor = test::run_bonescan({"doctor", "--json", "--segmenter", kSegmenter, "--detector", kDetector});
  Json card = parse_json(doctor.output, "doctor").at("models").at("detector").at("card");
  for (Json& mean : card["input"]["mean"]) mean = 0.75;  // no quadrant is bright
  write_file_atomically(
      folder / "gt.json",
      R"({"images": [{"id": 5, "file_name": "IMG0003767.jpg"}], "categories": [{"id": 0, "name": "fractured"}],
          "annotations": []})");
  const auto predictions_at = [&](double score) {
    card["operating_point"]["score_threshold"] = score;
    write_file_atomically(folder / "card.json", to_json_text(card));
    return report_of({"detect", "--ground-truth", folder / "gt.json", "--images", test::data_folder() / "samples",
                      "--model", kDetector, "--model-card", folder / "card.json"})
        .at("predictions")
        .get<int>();
  };
  CHECK(predictions_at(0.0) < 4);
  CHECK(predictions_at(0.5) == predictions_at(0.0));
  CHECK(predictions_at(1e-6) == 4);
}

TEST_CASE("eval detect: a model runs on the images of Pascal VOC files that do not tell an extension") {
  const TemporaryFolder folder;
  write_file_atomically(folder / "voc/IMG0003767.xml",
                        "<annotation><object><name>fractured</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax>"
                        "<ymax>9</ymax></bndbox></object></annotation>");
  const Json report = report_of({"detect", "--ground-truth", folder / "voc", "--images",
                                 test::data_folder() / "samples", "--model", kDetector, "--bootstrap", "0"});
  CHECK(report.at("images") == 1);
}

TEST_CASE("eval detect: an image that a model needs and that is not there is named") {
  const SmallCase files;
  const ProcessResult result =
      eval({"detect", "--ground-truth", files.path("gt.json"), "--images", test::data_folder() / "samples"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("a.png"));
}

TEST_CASE("eval segment compares folders of masks and gates them") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "truth");
  fs::create_directories(folder / "predicted");
  write_file_atomically(folder / "truth/a.bmp", bitmap({1, 1, 0, 0}));
  write_file_atomically(folder / "predicted/a.bmp", bitmap({1, 0, 0, 0}));
  const Words words = {"segment", "--ground-truth", folder / "truth", "--predictions", folder / "predicted"};
  const ProcessResult result = eval(joined(words, {"-o", folder / "out", "--require", "iou_mean>=0.6"}));
  CHECK(result.exit_code == 4);
  CHECK_THAT(result.errors, Contains("metrics.iou_mean is 0.5"));
  const Json report = read_json_file(folder / "out/report.json");
  CHECK(report.at("task") == "segmentation");
  CHECK(report.at("metrics").at("iou_mean") == 0.5);
  CHECK(report.at("metrics").at("pixel_accuracy") == 0.75);
  CHECK(eval(joined(words, {"--baseline", folder / "out/report.json"})).exit_code == 0);
  const Words baseline = {"--baseline", folder / "out/report.json", "--max-drop", "1"};
  CHECK_THAT(to_json_line(report_of(joined(words, baseline)).at("notes")), !Contains("other ground truth"));
  write_file_atomically(folder / "truth/a.bmp", bitmap({1, 1, 1, 0}));  // drawn anew
  CHECK_THAT(to_json_line(report_of(joined(words, baseline)).at("notes")), Contains("other ground truth"));
  const ProcessResult no_images = eval(joined(words, {"--images", folder / "none", "-o", folder / "other"}));
  CHECK(no_images.exit_code == 2);
  CHECK_THAT(no_images.errors, Contains("none is not a folder"));
  CHECK_FALSE(fs::exists(folder / "other"));
}

TEST_CASE("eval segment: a run that is not finished, or wrote no masks, is no folder of masks") {
  const auto [picture, results, sentence] = GENERATE(table<std::string, std::string, std::string>(
      {{"masks/a.png.png", "results.jsonl.partial", "holds a run that is not finished"},
       {"overlays/a.bmp.jpg", "results.jsonl", "holds a run without masks"}}));
  const TemporaryFolder folder;
  write_file_atomically(folder / "truth/a.bmp", bitmap({1, 1, 0, 0}));
  write_file_atomically(folder / "run" / picture, bitmap({1, 1, 0, 0}));
  write_file_atomically(folder / "run" / results, "");
  const ProcessResult result = eval({"segment", "--ground-truth", folder / "truth", "--predictions", folder / "run"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains(sentence));
}

TEST_CASE("eval segment: masks of a run below the ground truth are no ground truth") {
  const TemporaryFolder folder;
  for (const char* file : {"truth/a.bmp", "truth/run/masks/b.png.png", "predicted/a.bmp", "predicted/b.bmp"})
    write_file_atomically(folder / file, bitmap({1, 1, 0, 0}));
  write_file_atomically(folder / "truth/run/run.json", R"({"schema": "bonescan.run/1"})");
  const Words words = {"segment", "--predictions", folder / "predicted", "--ground-truth"};
  CHECK(report_of(joined(words, {folder / "truth"})).at("images") == 1);
  CHECK(report_of(joined(words, {folder / "truth/run/masks"})).at("images") == 1);
  const ProcessResult whole_run = eval(joined(words, {folder / "truth/run"}));
  CHECK(whole_run.exit_code == 2);
  CHECK_THAT(whole_run.errors, Contains("holds no mask, or only what runs of bonescan predicted"));
}

TEST_CASE("eval segment: predicted masks that differ only in the extension matter only where one of them is needed") {
  const TemporaryFolder folder;
  for (const char* file : {"truth/a.bmp", "predicted/a.bmp", "predicted/b.jpg.bmp", "predicted/b.png.bmp"})
    write_file_atomically(folder / file, bitmap({1, 1, 0, 0}));
  const Words words = {"segment", "--predictions", folder / "predicted", "--ground-truth", folder / "truth"};
  CHECK(report_of(words).at("images") == 1);
  write_file_atomically(folder / "truth/b.bmp", bitmap({1, 1, 0, 0}));
  const ProcessResult result = eval(words);
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("has several masks for b.bmp"));
}

TEST_CASE("eval segment runs a model on the radiographs of the masks") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "truth");
  fs::copy_file(test::data_folder() / "samples/IMG0003770.jpg", folder / "truth/IMG0003770.jpg");  // any grey picture
  const ProcessResult result = eval({"segment", "--ground-truth", folder / "truth", "--images",
                                     test::data_folder() / "samples", "--model", kSegmenter, "-o", "-"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  const Json report = parse_json(result.output, "report");
  CHECK(report.at("images") == 1);
  CHECK(report.at("models").contains("segmenter"));
}

TEST_CASE("eval: FracAtlas stands for ground truth, images and split") {
  const auto frac_atlas = test::shared_or_skipped("data/FracAtlas");
  if (!frac_atlas) return;
  const TemporaryFolder folder;
  write_file_atomically(folder / "results.json", "[]");
  const Words words = {"detect",        "--fracatlas",           *frac_atlas,   "--split", "valid",
                       "--predictions", folder / "results.json", "--bootstrap", "0"};
  const Json plain = report_of(words);
  CHECK(plain.at("images") == 82);
  CHECK(plain.at("metrics").at("ap50") == 0.0);
  CHECK(plain.at("regions").size() == 4);
  CHECK(report_of(joined(words, {"--with-negatives"})).at("image_level").at("specificity") == 1.0);
}

}  // namespace bonescan
