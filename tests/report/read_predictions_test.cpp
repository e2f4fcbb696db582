// results.jsonl as predictions; which reader a path gets.
#include "bonescan/report/read_predictions.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

Dataset two_images() {
  Dataset dataset;
  dataset.source = "gt.json";
  dataset.images = {{1, "a.png", 100, 100, {}}, {2, "sub/b.png", 100, 100, {}}};
  dataset.categories = {{0, "fractured"}};
  dataset.left_out = {{3, "c.png", 100, 100, {}}};
  return dataset;
}

Dataset two_images_with_boxes() {
  Dataset dataset = two_images();
  for (const DatasetImage& image : dataset.images) dataset.boxes.push_back({image.id, 0, {1, 2, 3, 4}, 12});
  return dataset;
}

std::string record(const std::string& file, const std::string& detections) {
  return R"({"file":")" + file + R"(","status":"ok","width":100,"height":100,"bone":null,"detector_ran":true,)" +
         R"("detections":[)" + detections + "]}\n";
}

Predictions read(const std::string& text, const Dataset& dataset = two_images()) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "results.jsonl", text);
  return read_predictions(folder / "results.jsonl", dataset);
}

const std::string kBox = R"({"label":"fractured","score":0.5,"box":[1,2,3,4]})";

}  // namespace

TEST_CASE("results.jsonl: files match by path, then by base name, and labels by name") {
  const Predictions predictions = read(record("other/a.png", kBox) + record("sub/b.png", kBox + "," + kBox));
  REQUIRE(predictions.boxes.size() == 3);
  CHECK(predictions.boxes[0].image_id == 1);
  CHECK(predictions.boxes[0].box == Box{1, 2, 3, 4});
  CHECK(predictions.boxes[2].image_id == 2);
  REQUIRE(predictions.notes.size() == 1);
  CHECK_THAT(predictions.notes[0], Contains("The lowest score of the predictions is 0.5"));
}

TEST_CASE("results.jsonl: failed, missing and left-out images are counted in notes") {
  const Predictions predictions = read(R"({"file":"a.png","status":"failed","error":"is truncated"})"
                                       "\n" +
                                           record("c.png", kBox),
                                       two_images_with_boxes());
  CHECK(predictions.boxes.empty());
  CHECK(predictions.unseen_negatives.empty());
  REQUIRE(predictions.notes.size() == 3);
  CHECK_THAT(predictions.notes[0], Contains("1 image failed"));
  CHECK_THAT(predictions.notes[1], Contains("1 image missing from the predictions, taken"));
  CHECK_THAT(predictions.notes[2], Contains("1 image of the predictions outside"));
}

TEST_CASE("results.jsonl: a note tells of images that the detector did not see since they showed no bone") {
  const Predictions predictions =
      read(R"({"file":"a.png","status":"ok","width":100,"height":100,"bone":)"
           R"({"present":false,"fraction":0,"confidence":0,"mask":null},"detector_ran":false,"detections":[]})"
           "\n" +
           record("sub/b.png", R"({"label":"fractured","score":0.005,"box":[1,2,3,4]})"));
  REQUIRE(predictions.notes.size() == 1);
  CHECK(predictions.notes[0] == "1 image shows no bone to the segmenter: the detector did not look at it.");
}

TEST_CASE("results.jsonl: images without boxes that failed or have no line are no true negatives") {
  const Predictions predictions = read(R"({"file":"a.png","status":"failed","error":"is truncated"})");
  CHECK(predictions.unseen_negatives == std::vector<std::int64_t>{1, 2});
  REQUIRE(predictions.notes.size() == 2);
  CHECK_THAT(predictions.notes[0], Contains("1 image without boxes failed") && Contains("left out"));
  CHECK_THAT(predictions.notes[1],
             Contains("1 image without boxes missing from the predictions") && Contains("left out"));
}

TEST_CASE("results.jsonl: one that tells of no image of the set is refused, whether these have boxes or not") {
  for (const Dataset& dataset : {two_images(), two_images_with_boxes()})
    for (const std::string& text : {std::string(), record("c.png", "")})
      CHECK_THROWS_WITH(read(text, dataset), Contains("results.jsonl tells of no image of gt.json"));
}

TEST_CASE("A run of segment has no boxes to evaluate, and one that goes on has not all of them") {
  CHECK_THROWS_WITH(
      read(R"({"file":"a.png","status":"ok","width":100,"height":100,"bone":{"present":true,"fraction":0.5,)"
           R"("confidence":0.9,"mask":null},"detector_ran":false,"detections":[]})"),
      Contains("line 1: no detector ran on a.png"));
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "results.jsonl.partial", record("a.png", kBox));
  write_file_atomically(folder / "results.jsonl", record("a.png", kBox));
  write_file_atomically(folder / "detections.json", "[]");
  for (const char* name : {"results.jsonl.partial", "results.jsonl", "detections.json"})
    CHECK_THROWS_WITH(read_predictions(folder / name, two_images()), Contains("is not finished"));
}

TEST_CASE("Of a shard, or a run that stopped at a failure, nothing is taken for the predictions of a run") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "results.jsonl", record("a.png", kBox));
  write_file_atomically(folder / "detections.json", "[]");
  write_file_atomically(folder / "labels/a.txt", "0 0.5 0.5 0.2 0.1 0.75\n");
  const auto [run, sentence] = GENERATE(table<std::string, std::string>({
      {R"({"schema":"bonescan.run/1","status":"finished","settings":{"shard":"2/3"}})", "holds shard 2/3 of a run"},
      {R"({"schema":"bonescan.run/1","status":"stopped at the first failure"})",
       R"(is not finished (its run.json says "stopped at the first failure"))"},
  }));
  write_file_atomically(folder / "run.json", run);
  for (const char* name : {"", "results.jsonl", "detections.json", "labels", "labels/"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH(read_predictions(folder / name, two_images()), Contains(sentence));
  }
  write_file_atomically(folder / "run.json", R"({"schema":"bonescan.run/1","status":"finished"})");
  for (const char* name : {"", "results.jsonl", "labels/"}) {
    CAPTURE(name);
    CHECK(read_predictions(folder / name, two_images()).boxes.size() == 1);
  }
}

TEST_CASE("results.jsonl: an image may have another extension than in the ground truth, or there none") {
  Dataset dataset = two_images();
  dataset.images[0].file_name = "a";  // as Pascal VOC files without <filename> name it
  CHECK(read(record("a.png", kBox) + record("sub/b.dcm", kBox), dataset).boxes.size() == 2);
}

TEST_CASE("detections.json of ours: images that are not in its images.json are no true negatives") {
  const test::TemporaryFolder folder;
  const std::string entry = R"([{"image_id":1,"category_id":1,"bbox":[1,2,3,4],"score":0.05}])";
  write_file_atomically(folder / "detections.json", entry);
  write_file_atomically(folder / "images.json", R"({"images":[{"id":1,"file_name":"a.png","width":100,"height":50}],
                                                    "categories":[{"id":1,"name":"fractured"}]})");
  Dataset dataset = two_images();
  dataset.boxes = {{1, 0, {1, 2, 3, 4}, 12}};
  const Predictions predictions = read_predictions(folder / "detections.json", dataset);
  REQUIRE(predictions.boxes.size() == 1);
  CHECK(predictions.boxes[0].category_id == 0);
  CHECK(predictions.unseen_negatives == std::vector<std::int64_t>{2});
  REQUIRE(predictions.notes.size() == 2);
  CHECK_THAT(predictions.notes[0], Contains("1 image without boxes missing from the predictions, left out"));
  CHECK_THAT(predictions.notes[1], Contains("1 image of another size") && Contains("a.png: 100 x 50 and 100 x 100"));
}

TEST_CASE("results.jsonl: images of another size than in the ground truth get a note") {
  Dataset dataset = two_images();
  dataset.images[0].height = 50;
  dataset.images[1].width = dataset.images[1].height = 0;  // not known
  const Predictions predictions = read(record("a.png", kBox) + record("sub/b.png", kBox), dataset);
  REQUIRE(predictions.notes.size() == 2);
  CHECK_THAT(predictions.notes[0], Contains("1 image of another size") && Contains("a.png: 100 x 100 and 100 x 50"));
  CHECK_THAT(predictions.notes[1], Contains("The lowest score of the predictions"));
}

TEST_CASE("Notes hold names as they are: the report writes their bytes as text once") {
  Dataset dataset = two_images();
  dataset.images[0].file_name = "caf\xE9.png";
  const Predictions predictions = read(record("caf\xEF\xBF\xBD"
                                              "E9.png",
                                              R"({"label":"fractured","score":0.05,"box":[99,2,30,4]})"),
                                       dataset);
  REQUIRE(predictions.notes.size() == 2);
  CHECK_THAT(predictions.notes[1], Contains("beyond the borders of the image (caf\xE9.png)"));
}

TEST_CASE("results.jsonl: images that the ground truth does not know are left out, and a note tells how many") {
  const Predictions predictions = read(record("a.png", kBox) + record("y.png", kBox) + record("z.png", kBox));
  CHECK(predictions.boxes.size() == 1);
  const auto tells = [](const std::string& note) {
    return note == "2 images of the predictions not in gt.json, left out (the first is y.png).";
  };
  CHECK(std::count_if(predictions.notes.begin(), predictions.notes.end(), tells) == 1);
}

TEST_CASE("results.jsonl: one class is the one category, whatever its name is") {
  const Predictions predictions = read(record("a.png", R"({"label":"break","score":0.5,"box":[1,2,3,4]})"));
  REQUIRE(predictions.boxes.size() == 1);
  CHECK(predictions.boxes[0].category_id == 0);
  const auto tells = [](const std::string& note) {
    return note ==
           "\"break\", the one class of the predictions, was taken for \"fractured\", the one category of gt.json.";
  };
  CHECK(std::count_if(predictions.notes.begin(), predictions.notes.end(), tells) == 1);
}

TEST_CASE("results.jsonl: what does not fit is named with its line") {
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {record("a.png", "") + record("x/a.png", ""), "line 2: x/a.png stands for the same image as"},
      {record("a.png", kBox) + "\n" + record("b.png", R"({"label":"bone","score":0.5,"box":[1,2,3,4]})"),
       "line 3: there is no category \"bone\""},
      {record("a.png", R"({"label":"bone","score":0.5,"box":[1,2,3,4]})") + record("b.png", kBox),
       "line 2: there is no category \"bone\""},
      {record("a.png", R"({"label":"fractured","score":1.5,"box":[1,2,3,4]})"), "line 1"},
      {record("a.png", R"({"label":"fractured","score":0.5,"box":[1,2,-3,4]})"), "line 1"},
      {record("a.png", R"({"label":"fractured","score":0.5,"box":[1,2,3]})"), "line 1"},
      {record("a.png", "") + "{\"file\": ", "line 2"},
      {R"({"file":"a.png","status":"ok","width":1,"height":1})",
       "not a record of a bonescan results.jsonl: key 'bone'"},
  }));
  CHECK_THROWS_WITH(read(text), Contains("results.jsonl") && Contains(sentence));
  CHECK_THROWS_AS(read(text), UsageError);
}

TEST_CASE("Predictions may be an output folder of ours or a folder of YOLO files") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "run/results.jsonl", record("a.png", kBox));
  CHECK(read_predictions(folder / "run", two_images()).boxes.size() == 1);
  write_file_atomically(folder / "yolo/a.txt", "0 0.5 0.5 0.2 0.1 0.75\n");
  const Predictions yolo = read_predictions(folder / "yolo", two_images());
  REQUIRE(yolo.boxes.size() == 1);
  CHECK(yolo.boxes[0].score == 0.75);
  CHECK(yolo.boxes[0].box.x == Approx(40));
  CHECK(yolo.boxes[0].box.height == Approx(10));
}

}  // namespace bonescan
