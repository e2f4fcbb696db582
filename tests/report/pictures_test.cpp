// Which images a report shows.
#include "bonescan/report/pictures.h"

#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

void write_picture(const fs::path& path, int grey) {
  fs::create_directories(path.parent_path());
  REQUIRE(cv::imwrite(path, cv::Mat(40, 60, CV_8U, cv::Scalar(grey))));
}

std::vector<std::string> titles(const std::vector<Gallery>& galleries) {
  std::vector<std::string> result;
  for (const Gallery& gallery : galleries) result.push_back(gallery.title);
  return result;
}

// Two images of 60 x 40 pixels, with numbers 1 and 2, and their fractures.
void write_ground_truth(const fs::path& path, const std::string& first, const std::string& second,
                        const Json& annotations) {
  const auto image = [](int id, const std::string& name) {
    return Json{{"id", id}, {"file_name", name}, {"width", 60}, {"height", 40}};
  };
  const Json category = {{"id", 0}, {"name", "fractured"}};
  write_file_atomically(path, to_json_text({{"images", {image(1, first), image(2, second)}},
                                            {"categories", Json::array({category})},
                                            {"annotations", annotations}}));
}

Json fracture_of(int image) {
  return {{"id", image}, {"image_id", image}, {"category_id", 0}, {"bbox", {5, 5, 20, 20}}};
}

}  // namespace

TEST_CASE("Negative images are shown as false positives from the score threshold on") {
  const test::TemporaryFolder folder;
  for (const char* name : {"fractured.png", "whole.png"}) write_picture(folder / "images" / name, 90);
  write_ground_truth(folder / "gt.json", "fractured.png", "whole.png", Json::array({fracture_of(1)}));
  write_file_atomically(folder / "found.json",
                        R"([{"image_id": 2, "category_id": 0, "bbox": [1, 1, 9, 9], "score": 0.4}])");
  EvaluationRequest request;
  request.sources.ground_truth = folder / "gt.json";
  request.sources.predictions = folder / "found.json";
  request.sources.images = folder / "images";
  const auto shown_at = [&request](double score_threshold) {
    request.settings.score_threshold = score_threshold;
    return titles(make_galleries(*evaluate(request, Cancellation())));
  };
  const std::vector<std::string> with_boxes = {"Worst images", "Best images"};
  CHECK(shown_at(0.5) == with_boxes);
  CHECK(shown_at(0.4) ==
        std::vector<std::string>{"Worst images", "Best images", "False positives on images without a fracture"});
}

TEST_CASE("The worst images come first among the worst, and the best among the best") {
  const test::TemporaryFolder folder;
  for (const char* name : {"found.png", "missed.png"}) write_picture(folder / "images" / name, 90);
  write_ground_truth(folder / "gt.json", "found.png", "missed.png", Json::array({fracture_of(1), fracture_of(2)}));
  write_file_atomically(folder / "found.json",
                        R"([{"image_id": 1, "category_id": 0, "bbox": [5, 5, 20, 20], "score": 0.9}])");
  for (const char* name : {"found.png", "missed.png"})
    for (const char* kind : {"truth", "drawn"})
      write_picture(folder / kind / name, kind == std::string("drawn") && name == std::string("missed.png") ? 0 : 255);
  EvaluationRequest boxes, masks;
  boxes.sources.ground_truth = folder / "gt.json";
  boxes.sources.predictions = folder / "found.json";
  boxes.sources.images = folder / "images";
  masks.task = ScanTask::kSegment;
  masks.sources.ground_truth = folder / "truth";
  masks.sources.predictions = folder / "drawn";
  for (const EvaluationRequest& request : {boxes, masks}) {
    const std::vector<Gallery> galleries = make_galleries(*evaluate(request, Cancellation()));
    REQUIRE(galleries.size() == 2);
    CHECK_THAT(galleries[0].pictures.at(0).caption, Catch::StartsWith("missed.png: IoU 0.00"));
    CHECK_THAT(galleries[1].pictures.at(0).caption, Catch::StartsWith("found.png: IoU 1.00"));
  }
}

TEST_CASE("Masks are drawn over the radiograph of their name, whatever further extensions they have") {
  const test::TemporaryFolder folder;
  write_picture(folder / "images/hand.jpg", 200);
  EvaluationRequest request;
  request.task = ScanTask::kSegment;
  const auto first_picture = [&](const char* mask) {
    const fs::path truth = folder / mask / "truth", drawn = folder / mask / "drawn";
    for (const fs::path& masks : {truth, drawn}) write_picture(masks / mask, 0);
    cv::Mat with_bone = cv::Mat::zeros(40, 60, CV_8U);
    with_bone(cv::Rect(5, 5, 10, 10)) = 255;
    for (const fs::path& masks : {truth, drawn}) REQUIRE(cv::imwrite(masks / mask, with_bone));
    request.sources.ground_truth = truth;
    request.sources.predictions = drawn;
    return make_galleries(*evaluate(request, Cancellation())).at(0).pictures.at(0).data_uri;
  };
  const std::string on_black = first_picture("hand.png");
  request.sources.images = folder / "images";
  const std::string on_radiograph = first_picture("hand.png");
  CHECK(on_radiograph != on_black);
  CHECK(first_picture("hand.jpg.png") == on_radiograph);
}

TEST_CASE("A mask that can no longer be read makes room for the next") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.png", "b.png"})
    for (const char* kind : {"truth", "drawn"}) write_picture(folder / kind / name, 255);
  EvaluationRequest request;
  request.task = ScanTask::kSegment;
  request.sources.ground_truth = folder / "truth";
  request.sources.predictions = folder / "drawn";
  const auto outcome = evaluate(request, Cancellation());
  write_file_atomically(folder / "drawn/a.png", "no picture any more");
  const std::vector<Gallery> galleries = make_galleries(*outcome);
  REQUIRE(galleries.size() == 2);
  REQUIRE(galleries[0].pictures.size() == 1);
  CHECK_THAT(galleries[0].pictures[0].caption, Catch::StartsWith("b"));
}

}  // namespace bonescan
