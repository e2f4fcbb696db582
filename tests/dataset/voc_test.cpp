// Pascal VOC annotation files.
#include "bonescan/dataset/voc.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Catch::Matchers::Contains;

std::string annotation(const std::string& objects) {
  return "<?xml version=\"1.0\"?>\n<annotation><filename>a.jpg</filename><size><width>100</width><height>50</height>"
         "<depth>3</depth></size>\n" +
         objects + "</annotation>\n";
}

std::string object(const std::string& name, const std::string& corners, const std::string& difficult = "0") {
  return "<object><name>" + name + "</name><difficult>" + difficult + "</difficult><bndbox>" + corners +
         "</bndbox></object>\n";
}

const std::string kCorners = "<xmin>10</xmin><ymin>5.5</ymin><xmax>30</xmax><ymax>25</ymax>";

Dataset read(const std::string& text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.xml", text);
  return read_voc_dataset(folder.path());
}

}  // namespace

TEST_CASE(
    "VOC: corners become boxes as they stand, and difficult is kept, and categories are in order of their names") {
  const Dataset dataset = read(annotation(object("fractured", kCorners) + object("bone", kCorners, "1")));
  REQUIRE(dataset.images.size() == 1);
  CHECK(dataset.images[0].file_name == "a.jpg");
  CHECK(dataset.images[0].width == 100);
  REQUIRE(dataset.boxes.size() == 2);
  CHECK(dataset.boxes[0].box == Box{10, 5.5, 20, 19.5});
  CHECK(dataset.boxes[0].area == 20 * 19.5);
  CHECK_FALSE(dataset.boxes[0].difficult);
  CHECK(dataset.boxes[1].difficult);
  REQUIRE(dataset.categories.size() == 2);
  CHECK(dataset.categories[0].name == "bone");
  CHECK(dataset.boxes[0].category_id == dataset.categories[1].id);
}

TEST_CASE("VOC: difficult may be a word, and space around a value is none of it") {
  const Dataset dataset = read(annotation(object(" bone\n", kCorners, " true ") + object("bone", kCorners, "false")));
  REQUIRE(dataset.boxes.size() == 2);
  CHECK(dataset.categories.size() == 1);
  CHECK(dataset.boxes[0].difficult);
  CHECK_FALSE(dataset.boxes[1].difficult);
}

TEST_CASE("VOC: a file without objects is an image without boxes") {
  const Dataset dataset = read(annotation(""));
  CHECK(dataset.images.size() == 1);
  CHECK(dataset.boxes.empty());
}

TEST_CASE("VOC: hidden files are none, and a folder that cannot be read is named") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.xml", annotation(""));
  write_file_atomically(folder / "B.XML", annotation(""));
  write_file_atomically(folder / "._a.xml", "what macOS leaves on other file systems");
  CHECK(read_voc_dataset(folder.path()).images.size() == 2);
  CHECK_THROWS_WITH(read_voc_dataset(folder / "gone"), Contains("annotations") && Contains("gone cannot be read"));
  CHECK_THROWS_AS(read_voc_dataset(folder / "gone"), UsageError);
}

TEST_CASE("VOC: a pipe that nobody writes to is refused") {
  const test::TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "a.xml").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_voc_dataset(folder.path()), Contains("a.xml is not a regular file"));
}

TEST_CASE("Broken VOC files are refused with file, line or object") {
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {"<annotation>\n<object>", "line 2: this is not valid XML"},
      {"<html></html>", "has no <annotation>"},
      {annotation(object("", kCorners)), "object 1: <name> is missing"},
      {annotation("<object><name>x</name></object>"), "<bndbox> is missing"},
      {annotation(object("x", kCorners) + object("x", "<xmin>1</xmin>")), "object 2: <ymin> must be a number"},
      {annotation(object("x", "<xmin>1</xmin><ymin>nan</ymin><xmax>2</xmax><ymax>2</ymax>")),
       "<ymin> must be a number"},
      {annotation(object("x", "<xmin>5</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax>")), "negative size (-3 x 1)"},
  }));
  CHECK_THROWS_WITH(read(text), Contains("a.xml") && Contains(sentence));
  CHECK_THROWS_AS(read(text), UsageError);
}

}  // namespace bonescan
