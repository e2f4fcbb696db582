// COCO ground truth and results: what is read, and what is refused with which sentence.
#include "bonescan/dataset/coco.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

constexpr auto kGroundTruth = R"({
  "images": [{"id": 7, "width": 640, "height": 480, "file_name": "b.png"}, {"id": 0, "file_name": "a.png"}],
  "categories": [{"id": 0, "name": "fractured"}],
  "annotations": [{"id": 0, "image_id": 7, "category_id": 0, "bbox": [10, 20, 30.5, 40], "area": 900, "iscrowd": 1},
                  {"id": 9, "image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4]}]})";

class CocoFiles {
 public:
  Dataset dataset(std::string_view text = kGroundTruth) const {
    write_file_atomically(folder_ / "gt.json", text);
    return read_coco_dataset(folder_ / "gt.json");
  }

  Predictions results(std::string_view text, const Dataset& dataset) const {
    return parse_coco_results(text, folder_ / "results.json", dataset);
  }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("COCO ground truth keeps ids from zero and with gaps, images without boxes and crowd regions") {
  const Dataset dataset = CocoFiles().dataset();
  REQUIRE(dataset.images.size() == 2);
  CHECK(dataset.images[0].id == 0);
  CHECK(dataset.images[0].file_name == "a.png");
  CHECK(dataset.images[1].id == 7);
  CHECK(dataset.images[1].width == 640);
  REQUIRE(dataset.boxes.size() == 2);
  CHECK(dataset.boxes[0].box == Box{10, 20, 30.5, 40});
  CHECK(dataset.boxes[0].area == 900);
  CHECK(dataset.boxes[0].crowd);
  CHECK(dataset.boxes[1].area == 12);  // none given: 3 x 4
  CHECK_FALSE(dataset.boxes[1].crowd);
  REQUIRE(dataset.categories.size() == 1);
  CHECK(dataset.categories[0].name == "fractured");
}

TEST_CASE("COCO ground truth may begin with a byte order mark") {
  CHECK(CocoFiles().dataset(std::string("\xEF\xBB\xBF") + kGroundTruth).images.size() == 2);
}

TEST_CASE("Broken COCO ground truth is refused with the entry and the reason") {
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {R"({"images": [)", "is not valid JSON: it ends too early at line 1"},
      {"{\"images\": [],\n\"categories\": [NaN]}", "is not valid JSON: there is an unexpected character at line 2"},
      {R"([])", "must be an object"},
      {R"({"images": [], "categories": []})", "has no member \"annotations\""},
      {R"({"images": {}, "categories": [], "annotations": []})", "\"images\" must be a list"},
      {R"({"images": [{"id": 1}, {"id": 1}], "categories": [], "annotations": []})",
       "images[1] (id 1): another image has this id"},
      {R"({"images": [{"id": "1"}], "categories": [], "annotations": []})", "images[0]: \"id\" must be a whole number"},
      {R"({"images": [{"id": 1.5}], "categories": [], "annotations": []})", "\"id\" must be a whole number"},
      {R"({"images": [3], "categories": [], "annotations": []})", "images[0]: this is not an object"},
      {R"({"images": [], "categories": [{"id": 1}, {"id": 1}], "annotations": []})", "another category has this id"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}],
           "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]},
                           {"image_id": 1, "category_id": 2, "bbox": [0, 0, 1, 1]}]})",
       "the categories 1 and 2 are both called \"a\""},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 2, "category_id": 1, "bbox": [0, 0, 1, 1]}]})",
       "annotations[0] (id 5): there is no image 2"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1]}]})",
       "there is no category 3"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, -1, 1]}]})",
       "\"bbox\" has a negative size (-1 x 1)"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1]}]})",
       "four numbers"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, null, 1]}]})",
       "four numbers"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": 2}]})",
       "\"iscrowd\" must be 0 or 1"},
      {R"({"images": [{"id": 1}], "categories": [{"id": 1}],
           "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "area": -1}]})",
       "annotations[0] (id 5): \"area\" is negative"},
  }));
  CHECK_THROWS_WITH(CocoFiles().dataset(text), Contains("gt.json") && Contains(sentence));
  CHECK_THROWS_AS(CocoFiles().dataset(text), UsageError);
}

TEST_CASE("Ids of annotations carry no meaning: there may be one twice, of any type, or none") {
  CHECK(CocoFiles()
            .dataset(R"({"images": [{"id": 1}], "categories": [{"id": 1}],
                         "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]},
                                         {"id": 5, "image_id": 1, "category_id": 1, "bbox": [2, 0, 1, 1]},
                                         {"id": "x", "image_id": 1, "category_id": 1, "bbox": [4, 0, 1, 1]},
                                         {"image_id": 1, "category_id": 1, "bbox": [6, 0, 1, 1]}]})")
            .boxes.size() == 4);
}

TEST_CASE("Of two categories of one name, the one without boxes is left out") {
  const Dataset dataset = CocoFiles().dataset(
      R"({"images": [{"id": 1}], "categories": [{"id": 0, "name": "a"}, {"id": 1, "name": "a"}, {"id": 2, "name": "b"}],
          "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}]})");
  REQUIRE(dataset.categories.size() == 2);
  CHECK(dataset.categories[0].id == 1);
  CHECK(dataset.categories[1].id == 2);
}

TEST_CASE("COCO results keep the file's order") {
  const CocoFiles files;
  const Predictions predictions = files.results(
      R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.25},
          {"image_id": 0.0, "category_id": 0, "bbox": [5, 6, 0, 0], "score": 1}])",
      files.dataset());
  REQUIRE(predictions.boxes.size() == 2);
  CHECK(predictions.boxes[0].image_id == 7);
  CHECK(predictions.boxes[0].box == Box{1, 2, 3, 4});
  CHECK(predictions.boxes[0].score == 0.25);
  CHECK(predictions.boxes[1].image_id == 0);
  CHECK(predictions.boxes[1].score == 1.0);
}

TEST_CASE("Broken COCO results are refused with the entry and the reason") {
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {R"({"image_id": 7})", "must be a list"},
      {R"([{"image_id": 8, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}])",
       "[0] (image_id 8): there is no image 8"},
      {R"([{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])", "there is no category 1"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 1.5}])",
       "\"score\" is 1.5; a score lies in 0..1"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4], "score": -0.1}])", "a score lies in 0..1"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4], "score": "0.5"}])", "\"score\" must be a number"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4]}])", "\"score\" is missing"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 1e400], "score": 0.5}])", "out of range"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, NaN], "score": 0.5}])", "is not valid JSON"},
      {R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, -4], "score": 0.5}])", "negative size"},
  }));
  const CocoFiles files;
  const Dataset dataset = files.dataset();
  CHECK_THROWS_WITH(files.results(text, dataset), Contains("results.json") && Contains(sentence));
}

TEST_CASE("Results may name the image in file_name, which goes before image_id") {
  const CocoFiles files;
  const Dataset dataset = files.dataset();
  const Predictions predictions = files.results(
      R"([{"image_id": 0, "file_name": "b.png", "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}])", dataset);
  REQUIRE(predictions.boxes.size() == 1);
  CHECK(predictions.boxes[0].image_id == 7);
  CHECK_THROWS_WITH(
      files.results(R"([{"image_id": 0, "file_name": "c.png", "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}])",
                    dataset),
      Contains("there is no image \"c.png\""));
}

TEST_CASE("Ids of results that may be names of other images get a note") {
  const CocoFiles files;
  const Dataset dataset = files.dataset(R"({
    "images": [{"id": 1, "file_name": "002.jpg"}, {"id": 2, "file_name": "001.jpg"}, {"id": 3, "file_name": "a.jpg"}],
    "categories": [{"id": 0, "name": "fractured"}], "annotations": []})");
  const auto notes_of = [&](const std::vector<int>& ids) {
    std::string text;
    for (const int id : ids)
      text += fmt::format(R"({}{{"image_id": {}, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}})",
                          text.empty() ? "[" : ",", id);
    return files.results(text + "]", dataset).notes;
  };
  const auto notes = notes_of({1, 2});
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], Contains("is an image's id and an image's name"));
  CHECK(notes_of({1, 2, 3}).empty());  // 3 is no image's name
}

TEST_CASE("Results on images that a split leaves out are dropped with a note") {
  const CocoFiles files;
  Dataset dataset = files.dataset();
  keep_images(dataset, std::vector<std::int64_t>{0});
  CHECK(dataset.boxes.empty());
  const Predictions predictions =
      files.results(R"([{"image_id": 7, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.25}])", dataset);
  CHECK(predictions.boxes.empty());
  REQUIRE(predictions.notes.size() == 2);
  CHECK(predictions.notes[0] ==
        "Detections on 0 of 1 image; COCO results do not tell whether a detector saw the others.");
  CHECK_THAT(predictions.notes[1], Contains("1 detection on"));
}

TEST_CASE("Images that were added to the ground truth have no ids that COCO results could name") {
  const CocoFiles files;
  Dataset dataset = files.dataset();
  add_images_without_boxes(dataset, std::vector<std::string>{"normal.png"});
  REQUIRE(dataset.images.back().id == 8);
  const Predictions none = files.results("[]", dataset);
  REQUIRE(none.notes.size() == 1);
  CHECK_THAT(none.notes[0], Contains("added to the ground truth: 1 image taken as without"));
  const std::string named = R"([{"image_id": "normal", "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.25}])";
  CHECK_THAT(files.results(named, dataset).notes.at(0), Contains("Detections on 1 of 3"));
  const std::string detection = R"([{"image_id": 8, "category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.25}])";
  CHECK_THROWS_WITH(files.results(detection, dataset), Contains("there is no image 8"));
}

TEST_CASE("Images can be added as long as there are ids for them") {
  Dataset dataset;
  dataset.images = {{std::numeric_limits<std::int64_t>::max() - 2, "a.png", 0, 0, {}}};
  CHECK_THROWS_WITH(add_images_without_boxes(dataset, std::vector<std::string>{"b.png", "c.png"}),
                    Contains("images cannot be added"));
  add_images_without_boxes(dataset, std::vector<std::string>{"b.png"});
  CHECK(dataset.images.back().id == std::numeric_limits<std::int64_t>::max() - 1);
}

}  // namespace bonescan
