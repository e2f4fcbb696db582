// Pairing of masks and the figures of a folder.
#include "bonescan/report/segmentation_evaluation.h"

#include <catch2/catch.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/report/report_table.h"
#include "bonescan/report/segmentation_report.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

class MaskCase {
 public:
  // A mask of 4 x 2 pixels whose first `foreground` pixels are set.
  void write(const std::string& name, int foreground, int width = 4) const {
    cv::Mat mask(2, width, CV_8U, cv::Scalar(0));
    for (int i = 0; i < foreground; ++i) mask.at<std::uint8_t>(i / width, i % width) = 255;
    std::filesystem::create_directories((folder_ / name).parent_path());
    cv::imwrite(folder_ / name, mask);
  }

  MaskFolders folders() const { return {folder_ / "truth", folder_ / "predicted", std::nullopt}; }
  SegmentationEvaluation evaluate() const { return evaluate_masks(folders(), {.replicates = 20, .threads = 2}); }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("Masks: mean, maximum and global figures, and both empty is undefined and counted") {
  const MaskCase masks;
  masks.write("truth/a.png", 4);
  masks.write("predicted/a.png", 2);  // IoU 2/4, Dice 4/6
  masks.write("truth/b.png", 2);
  masks.write("predicted/b.png", 2);  // 1
  masks.write("truth/c.png", 0);
  masks.write("predicted/c.png", 0);  // undefined
  const Json report = segmentation_report(masks.evaluate());
  const Json& metrics = report.at("metrics");
  CHECK(metrics.at("iou_mean") == Approx(0.75));
  CHECK(metrics.at("iou_max") == Approx(1.0));
  CHECK(metrics.at("iou_global") == Approx(4.0 / 6.0));
  CHECK(metrics.at("dice_mean") == Approx((4.0 / 6.0 + 1.0) / 2.0));
  CHECK(metrics.at("pixel_accuracy") == Approx((6.0 / 8.0 + 1.0 + 1.0) / 3.0));
  CHECK(report.at("both_empty") == 1);
  CHECK(report.at("images_detail").at(2).at("iou").is_null());
  CHECK_THAT(to_json_line(report.at("notes")), Contains("In 1 image both masks are empty"));
  CHECK_THAT(terminal_table(report), Contains("mean IoU") && Contains("0.7500"));
}

TEST_CASE("Masks in grey levels, as radiographs are that were named by mistake, get a note") {
  const MaskCase masks;
  for (const char* name : {"a", "b"}) masks.write(std::string("truth/") + name + ".png", 4);
  masks.write("predicted/a.png", 4);
  cv::Mat grey(2, 4, CV_8U, cv::Scalar(90));
  grey.at<std::uint8_t>(0, 0) = 200;
  grey.at<std::uint8_t>(1, 0) = 0;
  cv::imwrite(masks.path("predicted/b.png"), grey);
  const SegmentationEvaluation evaluation = masks.evaluate();
  REQUIRE(evaluation.masks.notes.size() == 1);
  CHECK_THAT(evaluation.masks.notes[0], Contains("1 mask of the predictions in grey levels") && Contains("(b.png)"));
  CHECK(evaluation.figures[1].iou == 0.25);  // one of the four
}

TEST_CASE("Masks pair by stem, whatever further image extension the prediction has") {
  const MaskCase masks;
  masks.write("truth/a.png", 4);
  masks.write("truth/deep/b.png", 4);
  masks.write("predicted/set/a.jpg.png", 4);
  masks.write("predicted/b.png", 4);
  masks.write("predicted/further.png", 4);
  const MaskPairs pairs = pair_masks(masks.folders());
  REQUIRE(pairs.pairs.size() == 2);
  CHECK(pairs.pairs[0].prediction == masks.path("predicted/set/a.jpg.png"));
  CHECK(pairs.pairs[1].prediction == masks.path("predicted/b.png"));
  REQUIRE(pairs.notes.size() == 1);
  CHECK_THAT(pairs.notes[0], Contains("1 predicted mask without ground truth"));
}

TEST_CASE("Masks of different size are an error that names both") {
  const MaskCase masks;
  masks.write("truth/a.png", 1);
  masks.write("predicted/a.png", 1, 5);
  CHECK_THROWS_WITH(masks.evaluate(), Contains("truth/a.png (4 x 2)") && Contains("predicted/a.png (5 x 2)"));
}

TEST_CASE("Of a run of ours the masks of pictures that failed may lack, with a note, but not all") {
  const MaskCase masks;
  masks.write("truth/a.png", 1);
  masks.write("truth/b.png", 1);
  masks.write("predicted/masks/a.png.png", 1);
  write_file_atomically(masks.path("predicted/results.jsonl"), R"({"file":"b.png","status":"failed","error":"no"})");
  const SegmentationEvaluation evaluation = masks.evaluate();
  CHECK(evaluation.masks.pairs.size() == 1);
  REQUIRE(evaluation.masks.notes.size() == 1);
  CHECK_THAT(evaluation.masks.notes[0], Contains("The model failed on the radiographs of 1 mask,"));
  std::filesystem::rename(masks.path("predicted/masks/a.png.png"), masks.path("predicted/masks/c.png.png"));
  CHECK_THROWS_WITH(masks.evaluate(), Contains("has no mask for a.png"));
  std::filesystem::remove(masks.path("truth/a.png"));
  CHECK_THROWS_WITH(masks.evaluate(), Contains("has no mask for any of"));
}

TEST_CASE("A mask of a run does not stand for a picture of the same base name that failed") {
  const MaskCase masks;
  masks.write("truth/p1/1.png", 1);
  masks.write("predicted/masks/p2/1.jpg.png", 1);
  const std::string failed = R"({"file":"p1/1.jpg","status":"failed","error":"no"})";
  write_file_atomically(masks.path("predicted/results.jsonl"), failed);
  CHECK_THROWS_WITH(masks.evaluate(), Contains("has no mask for any of"));
  masks.write("truth/p2/1.png", 1);
  const SegmentationEvaluation evaluation = masks.evaluate();
  REQUIRE(evaluation.masks.pairs.size() == 1);
  CHECK(evaluation.masks.pairs[0].name == "p2/1.png");
  CHECK_THAT(evaluation.masks.notes.at(0), Contains("failed on the radiographs of 1 mask,"));
  std::filesystem::remove(masks.path("truth/p2/1.png"));
  std::filesystem::rename(masks.path("truth/p1/1.png"), masks.path("truth/1.png"));
  CHECK_THROWS_WITH(masks.evaluate(), Contains("has several masks for 1.png"));
}

TEST_CASE("A ground truth without prediction, an empty folder and a broken file are usage errors") {
  const MaskCase masks;
  masks.write("truth/a.png", 1);
  masks.write("predicted/b.png", 1);
  CHECK_THROWS_WITH(masks.evaluate(), Contains("has no mask for a.png") && Contains("(missing: 1 of 1 mask)"));
  CHECK_THROWS_AS(pair_masks({masks.path("truth"), masks.path("none"), std::nullopt}), UsageError);
  write_file_atomically(masks.path("predicted/a.png"), "not a picture");
  CHECK_THROWS_WITH(masks.evaluate(), Contains("predicted/a.png"));
  CHECK_THROWS_AS(masks.evaluate(), UsageError);
}

}  // namespace bonescan
