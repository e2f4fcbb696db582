// Boxes in the formats of other tools, against their definitions.
#include "bonescan/scan/box_formats.h"

#include <catch2/catch.hpp>
#include <pugixml.hpp>

#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

const BoxClasses kClasses = {"fractured", "implant"};

// Two radiographs, the second without boxes, and a file that is none.
void two_records(const std::function<void(const NumberedRecord&)>& visit) {
  ScanRecord hand;
  hand.file = "a, \"b\".jpg";
  hand.width = 200;
  hand.height = 100;
  hand.detections = {{"implant", 0.75, {10.0, 20.0, 40.0, 50.0}}, {"fractured", 0.5, {0.0, 0.0, 1.5, 1.0}}};
  visit({1, hand});
  ScanRecord foot;
  foot.file = "sub/foot.png";
  foot.width = 30;
  foot.height = 40;
  ScanRecord notes;
  notes.file = "notes.png";
  notes.error = "not an image";
  visit({5, notes});
  visit({4, foot});
}

void no_records(const std::function<void(const NumberedRecord&)>&) {}

TEST_CASE("formats of a run are those that its run.json names, if it is one") {
  CHECK(formats_of_run(Json::parse(R"({"formats": ["yolo", "csv", "hologram", 3]})")) ==
        std::set<BoxFormat>{BoxFormat::kYolo, BoxFormat::kCsv});
  for (const char* text : {"{}", "[]", "7", R"({"formats": "yolo"})"}) CHECK(formats_of_run(Json::parse(text)).empty());
}

TEST_CASE("COCO results number classes from 0 without the background, as FracAtlas does") {
  const test::TemporaryFolder folder;
  write_coco_results(folder / "detections.json", two_records, kClasses);
  CHECK(read_json_file(folder / "detections.json") == Json::parse(R"([
    {"image_id": 1, "category_id": 1, "bbox": [10.0, 20.0, 40.0, 50.0], "score": 0.75},
    {"image_id": 1, "category_id": 0, "bbox": [0.0, 0.0, 1.5, 1.0], "score": 0.5}])"));
}

TEST_CASE("images.json says what the ids stand for, radiographs without boxes among them") {
  const test::TemporaryFolder folder;
  write_coco_images(folder / "images.json", two_records, kClasses);
  CHECK(read_json_file(folder / "images.json") == Json::parse(R"({
    "images": [{"id": 1, "file_name": "a, \"b\".jpg", "width": 200, "height": 100},
               {"id": 4, "file_name": "sub/foot.png", "width": 30, "height": 40}],
    "categories": [{"id": 0, "name": "fractured"}, {"id": 1, "name": "implant"}]})"));
}

TEST_CASE("without radiographs the JSON files are still valid") {
  const test::TemporaryFolder folder;
  write_coco_results(folder / "detections.json", no_records, kClasses);
  write_coco_images(folder / "images.json", no_records, kClasses);
  CHECK(read_json_file(folder / "detections.json").empty());
  CHECK(read_json_file(folder / "images.json")["images"].empty());
}

TEST_CASE("YOLO labels hold the class, the centre and size relative to the image, and the score") {
  const test::TemporaryFolder folder;
  write_yolo_labels(folder.path(), two_records, kClasses);
  // centre (10 + 40/2)/200, (20 + 50/2)/100; size 40/200, 50/100
  CHECK(read_text_file(folder / "labels/a, \"b\".txt") ==
        "1 0.150000 0.450000 0.200000 0.500000 0.75\n0 0.003750 0.005000 0.007500 0.010000 0.5\n");
  CHECK(read_text_file(folder / "labels/sub/foot.txt").empty());
  CHECK_THAT(read_text_file(folder / "labels/data.yaml"), Catch::StartsWith("names:\n  0: \""));
}

TEST_CASE("a label that cannot have its name is left out, and the others are written") {
  const test::TemporaryFolder folder;
  for (const char* extension : {".txt", ".xml"})  // folders in the places of the first one's labels
    std::filesystem::create_directories(folder / ("labels/a, \"b\"" + std::string(extension)));
  write_yolo_labels(folder.path(), two_records, kClasses);
  write_voc_labels(folder.path(), two_records);
  CHECK(std::filesystem::is_regular_file(folder / "labels/sub/foot.txt"));
  CHECK(std::filesystem::is_regular_file(folder / "labels/sub/foot.xml"));
}

TEST_CASE("Pascal VOC labels hold corners in pixels and the confidence") {
  const test::TemporaryFolder folder;
  write_voc_labels(folder.path(), two_records);
  pugi::xml_document document;
  REQUIRE(document.load_file((folder / "labels/a, \"b\".xml").c_str()));
  const pugi::xml_node annotation = document.child("annotation");
  CHECK(annotation.child_value("filename") == std::string("a, \"b\".jpg"));
  CHECK(annotation.child("size").child("width").text().as_int() == 200);
  CHECK(annotation.child("size").child("height").text().as_int() == 100);
  const pugi::xml_node object = annotation.child("object");
  CHECK(object.child_value("name") == std::string("implant"));
  CHECK(object.child("confidence").text().as_double() == 0.75);
  const auto corner = [&object](const char* name) { return object.child("bndbox").child(name).text().as_double(); };
  CHECK(corner("xmin") == 10.0);
  CHECK(corner("ymin") == 20.0);
  CHECK(corner("xmax") == 50.0);
  CHECK(corner("ymax") == 70.0);
  REQUIRE(document.load_file((folder / "labels/sub/foot.xml").c_str()));
  CHECK_FALSE(document.child("annotation").child("object"));
}

TEST_CASE("the table has one row a box, with quotes where RFC 4180 asks for them") {
  const test::TemporaryFolder folder;
  write_box_table(folder / "results.csv", two_records);
  CHECK(read_text_file(folder / "results.csv") ==
        "file,label,score,x,y,width,height\n"
        "\"a, \"\"b\"\".jpg\",implant,0.75,10,20,40,50\n"
        "\"a, \"\"b\"\".jpg\",fractured,0.5,0,0,1.5,1\n");
}

}  // namespace
}  // namespace bonescan
