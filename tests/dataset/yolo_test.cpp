// YOLO label files: sizes from the images, names from where people keep them.
#include "bonescan/dataset/yolo.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

class YoloCase {
 public:
  YoloCase() {
    std::filesystem::create_directories(folder_ / "images/sub");
    cv::imwrite(folder_ / "images/a.png", cv::Mat::zeros(50, 100, CV_8U));  // 100 wide, 50 high
    cv::imwrite(folder_ / "images/sub/b.png", cv::Mat::zeros(40, 20, CV_8U));
  }

  void write(const std::string& name, std::string_view text) const { write_file_atomically(folder_ / name, text); }
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }
  Dataset read() const { return read_yolo_dataset(folder_ / "labels", folder_ / "images"); }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("YOLO boxes are parts of the image's size, and an image without a label file has no boxes") {
  const YoloCase files;
  files.write("labels/a.TXT", "1 0.5 0.5 0.2 0.4\r\n\r\n0 0.1 0.2 0.1 0.2");
  files.write("labels/labels.txt", "fractured\r\nhealed\r\n");
  const Dataset dataset = files.read();
  REQUIRE(dataset.images.size() == 2);
  CHECK(dataset.images[0].file_name == "a.png");
  CHECK(dataset.images[1].file_name == "sub/b.png");
  CHECK(dataset.images[1].height == 40);
  REQUIRE(dataset.boxes.size() == 2);
  CHECK(dataset.boxes[0].category_id == 1);
  CHECK(dataset.boxes[0].box.x == Approx(40.0));
  CHECK(dataset.boxes[0].box.y == Approx(15.0));
  CHECK(dataset.boxes[0].box.width == Approx(20.0));
  CHECK(dataset.boxes[0].box.height == Approx(20.0));
  CHECK(dataset.boxes[0].area == Approx(400.0));
  CHECK(dataset.categories[1].name == "healed");
  REQUIRE(dataset.notes.size() == 1);
  CHECK_THAT(dataset.notes[0], Contains("1 image of"));
}

TEST_CASE("YOLO class names come from data.yaml, a list file or the numbers") {
  const YoloCase files;
  files.write("labels/a.txt", "1 0.5 0.5 0.2 0.4\n");
  CHECK(files.read().categories[0].name == "1");
  files.write("labels/classes.txt", "x\ny\n");
  CHECK(files.read().categories[1].name == "y");
  files.write("data.yaml", "nc: 2\nnames: ['bone', fractured]\n");
  CHECK(files.read().categories[1].name == "fractured");
  files.write("labels/data.yaml", "names:\n  0: bone\n  1: broken\n");
  CHECK(files.read().categories[1].name == "broken");
}

TEST_CASE("YOLO: hidden files are no labels, a broken link is no missing label, and a missing folder is named") {
  const YoloCase files;
  CHECK_THROWS_WITH(files.read(), Contains("labels cannot be read as a folder"));
  CHECK_THROWS_AS(files.read(), UsageError);
  files.write("labels/._a.txt", "what macOS leaves on other file systems");
  CHECK_THROWS_WITH(files.read(), Contains("holds no YOLO label file"));
  std::filesystem::create_symlink("gone", files.path("labels/a.txt"));
  CHECK_THROWS_WITH(files.read(), Contains("a.txt cannot be opened"));
}

TEST_CASE("YOLO: a pipe that nobody writes to is refused") {
  const YoloCase files;
  files.write("labels/b.txt", "0 0.5 0.5 0.1 0.1\n");
  const std::string name = GENERATE("labels/a.txt", "labels/data.yaml", "labels/classes.txt");
  REQUIRE(::mkfifo(files.path(name).c_str(), 0600) == 0);
  CHECK_THROWS_WITH(files.read(), Contains(name + " is not a regular file"));
}

TEST_CASE("YOLO: an image that cannot be read matters where there are boxes in it") {
  const YoloCase files;
  files.write("images/broken.png", "no picture");
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  CHECK(files.read().boxes.size() == 1);
  files.write("labels/broken.txt", "0 0.5 0.5 0.2 0.4\n");
  CHECK_THROWS_WITH(files.read(), Contains("broken.txt, line 1: the size of") && Contains("cannot be read"));
}

TEST_CASE("What a run below the ground truth predicted is none of it") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  files.write("labels/run/run.json", R"({"schema": "bonescan.run/1"})");
  files.write("labels/run/labels/a.txt", "0 0.5 0.5 0.2 0.4 0.9\n");
  CHECK(files.read().boxes.size() == 1);
}

TEST_CASE("Numbers of YOLO classes without names take the names of a model's classes, where it has that many") {
  const YoloCase files;
  files.write("labels/a.txt", "1 0.5 0.5 0.2 0.4\n");
  Dataset dataset = files.read();
  CHECK(has_numbered_categories(dataset));
  name_numbered_categories(dataset, {"fractured"});
  CHECK(category_names(dataset) == "1");
  name_numbered_categories(dataset, {"0", "1"});  // these are its names
  const std::size_t notes = dataset.notes.size();
  CHECK(category_names(dataset) == "1");
  name_numbered_categories(dataset, {"implant", "fractured"});
  CHECK(category_names(dataset) == "implant, fractured");
  CHECK(dataset.categories[1].id == 1);
  CHECK_FALSE(has_numbered_categories(dataset));
  CHECK(dataset.notes.size() == notes + 1);
  CHECK_THAT(dataset.notes.back(), Contains("(0 is \"implant\")"));

  files.write("labels/a.txt", "");  // all images are negatives
  Dataset negatives = files.read();
  name_numbered_categories(negatives, {"fractured"});
  CHECK(category_names(negatives) == "fractured");
}

TEST_CASE("Broken YOLO lines are refused with file and line") {
  const YoloCase files;
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {"0 0.5 0.5 0.2\n", "line 1: there are 4 numbers"},
      {"0 0.5 0.5 0.2 0.1 0.9\n", "line 1: there are 6 numbers"},
      {"\n0 0.5 x 0.2 0.1\n", "line 2: \"x\" is not a number"},
      {"0 0.5 nan 0.2 0.1\n", "\"nan\" is not a number"},
      {"0 0.5 0.5 -0.2 0.1\n", "negative size"},
      {"0 50 0.5 0.2 0.1\n", "50 lies outside 0..1"},
      {"a 0.5 0.5 0.2 0.1\n", "\"a\" is not a class number"},
      {"-1 0.5 0.5 0.2 0.1\n", "\"-1\" is not a class number"},
  }));
  files.write("labels/a.txt", text);
  CHECK_THROWS_WITH(files.read(), Contains("a.txt") && Contains(sentence));
  CHECK_THROWS_AS(files.read(), UsageError);
}

TEST_CASE("A YOLO label file without an image, or a class without a name, is refused") {
  const YoloCase files;
  files.write("labels/a.txt", "3 0.5 0.5 0.2 0.1\n");
  files.write("labels/classes.txt", "x\ny\n");
  CHECK_THROWS_WITH(files.read(), Contains("class 3") && Contains("2 classes"));
  files.write("labels/z.txt", "");
  CHECK_THROWS_WITH(files.read(), Contains("z.txt") && Contains("no image"));
}

TEST_CASE("YOLO labels of images that a list does not name need no image") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.1\n");
  files.write("labels/z.txt", "0 0.5 0.5 0.2 0.1\n");
  const auto read_listed = [&](const std::vector<std::string>& listed) {
    return read_yolo_dataset(files.path("labels"), files.path("images"), {}, listed);
  };
  CHECK(read_listed({"a"}).boxes.size() == 1);
  CHECK_THROWS_WITH(read_listed({"a", "z.jpg"}), Contains("z.txt") && Contains("no image"));
  std::filesystem::remove(files.path("labels/a.txt"));
  CHECK_THROWS_WITH(read_listed({"a"}), Contains("none of its 1 label file is of an image that is listed"));
}

TEST_CASE("YOLO predictions on images that the set does not know are left out, and a note tells how many") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  files.write("predicted/z.txt", "0 0.5 0.5 0.2 0.4 0.9\n");
  const Dataset dataset = files.read();
  CHECK_THROWS_WITH(read_yolo_results(files.path("predicted"), dataset), Contains("tells of no image of"));
  files.write("predicted/a.txt", "0 0.5 0.5 0.2 0.4 0.9\n");
  const Predictions predictions = read_yolo_results(files.path("predicted"), dataset);
  CHECK(predictions.boxes.size() == 1);
  CHECK_THAT(predictions.notes.back(), Contains("1 image of the predictions not in") && Contains("(z.txt)"));
}

TEST_CASE("The one class that YOLO predictions name is the one category, whatever its name is") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  files.write("labels/classes.txt", "fracture\n");
  files.write("predicted/a.txt", "0 0.5 0.5 0.2 0.4 0.9\n");
  files.write("predicted/classes.txt", "fractured\n");
  const Predictions predictions = read_yolo_results(files.path("predicted"), files.read());
  CHECK(predictions.boxes.size() == 1);
  CHECK_THAT(predictions.notes.at(0), Contains("\"fractured\"") && Contains("was taken for \"fracture\""));
}

TEST_CASE("Of YOLO classes of one name only one may have boxes") {
  const YoloCase files;
  files.write("labels/classes.txt", "x\nx\n");
  files.write("labels/a.txt", "1 0.5 0.5 0.2 0.1\n");
  const Dataset dataset = files.read();
  REQUIRE(dataset.categories.size() == 1);
  CHECK(dataset.categories[0].id == 1);
  files.write("labels/sub/b.txt", "0 0.5 0.5 0.2 0.1\n");
  CHECK_THROWS_WITH(files.read(), Contains("categories 0 and 1 are both called \"x\""));
}

TEST_CASE("A folder with names of YOLO's classes but no labels is no ground truth") {
  const YoloCase files;
  files.write("labels/classes.txt", "x\ny\n");
  CHECK_THROWS_WITH(files.read(), Contains("holds no YOLO label file"));
  files.write("labels/a.txt", "");
  CHECK(files.read().boxes.empty());
}

TEST_CASE("YOLO predictions have a score, and their classes match by name where they are named") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n");
  files.write("labels/classes.txt", "fractured\n");
  const Dataset dataset = files.read();
  files.write("predicted/a.txt", "0 0.5 0.5 0.2 0.4 0.9\n");
  CHECK(read_yolo_results(files.path("predicted"), dataset).boxes.at(0).score == 0.9);
  files.write("predicted/a.txt", "1 0.5 0.5 0.2 0.4 0.9\n");
  CHECK_THROWS_WITH(read_yolo_results(files.path("predicted"), dataset), Contains("there is no category for class 1"));
  files.write("predicted/classes.txt", "bone\nfractured\n");
  CHECK(read_yolo_results(files.path("predicted"), dataset).boxes.at(0).category_id == 0);
  files.write("predicted/a.txt", "1 0.5 0.5 0.2 0.4 1.2\n");
  CHECK_THROWS_WITH(read_yolo_results(files.path("predicted"), dataset), Contains("1.2 lies outside 0..1"));
}

TEST_CASE(
    "YOLO predictions match by number where only they name the classes, by name where the names are numbers, too") {
  const YoloCase files;
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n");
  files.write("predicted/a.txt", "1 0.5 0.5 0.2 0.4 0.9\n");
  const auto category_of_prediction = [&](const std::vector<std::string>& predicted_names) {
    write_yolo_names(files.path("predicted/data.yaml"), predicted_names);
    return read_yolo_results(files.path("predicted"), files.read()).boxes.at(0).category_id;
  };
  CHECK(category_of_prediction({"bone", "fractured: \"open\" #1"}) == 1);
  write_yolo_names(files.path("labels/data.yaml"), {"0", "1"});
  CHECK(category_of_prediction({"1", "0"}) == 0);
}

TEST_CASE("YOLO predictions without class names get a note where the categories do not count from 0") {
  const YoloCase files;
  files.write("labels/a.txt", "1 0.5 0.5 0.2 0.4\n");
  files.write("predicted/a.txt", "1 0.5 0.5 0.2 0.4 0.9\n");
  const Predictions predictions = read_yolo_results(files.path("predicted"), files.read());
  CHECK(predictions.boxes.at(0).category_id == 1);
  CHECK_THAT(predictions.notes.at(0), Contains("The predictions name no classes (data.yaml)"));
  files.write("labels/a.txt", "0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n");
  for (const std::string& note : read_yolo_results(files.path("predicted"), files.read()).notes)
    CHECK_THAT(note, !Contains("name no classes"));
}

TEST_CASE("YOLO class names that are written are those that are read") {
  const YoloCase files;
  files.write("labels/a.txt", "1 0.5 0.5 0.2 0.4\n");
  write_yolo_names(files.path("labels/data.yaml"), {"no", "fractured: \"open\" #1"});
  CHECK(files.read().categories.at(0).name == "no");
  CHECK(files.read().categories.at(1).name == "fractured: \"open\" #1");
}

}  // namespace bonescan
