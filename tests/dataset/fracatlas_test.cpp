// FracAtlas: its traps, on a small folder of the same layout and on the real one where it is at hand.
#include "bonescan/dataset/fracatlas.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/dataset/negatives.h"
#include "support/jpeg_bytes.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

class SmallFracAtlas {
 public:
  SmallFracAtlas() {
    write("Annotations/COCO JSON/COCO_fracture_masks.json",
          R"({"images": [{"id": 1, "width": 9, "height": 9, "file_name": "IMG0000001.jpg"},
                         {"id": 2, "width": 9, "height": 9, "file_name": "IMG0003298.jpg"}],
              "categories": [{"id": 0, "name": "fractured"}],
              "annotations": [{"id": 0, "image_id": 1, "category_id": 0, "bbox": [1, 1, 2, 2]},
                              {"id": 1, "image_id": 2, "category_id": 0, "bbox": [1, 1, 3, 3]}]})");
    write("Utilities/Fracture Split/train.csv", "image_id\r\nIMG0000001.jpg\r\n");
    write("Utilities/Fracture Split/valid.csv", "IMG0003298\n");
    write("dataset.csv",
          "image_id,hand,leg,hip,shoulder,mixed,fractured\n"
          "IMG0000001.jpg,1,1,0,0,1,1\nIMG0003298.jpg,0,0,0,1,0,0\nIMG0000016.jpg,0,1,0,0,0,1\n");
    write("images/Fractured/IMG0000001.jpg", test::kFinishedJpeg);
    write("images/Fractured/IMG0003298.jpg", test::kFinishedJpeg);
    write("images/Non_fractured/IMG0000016.jpg", test::kFinishedJpeg);
    write("images/Non_fractured/IMG0004028.jpg", test::kUnfinishedJpeg);
    write("images/Non_fractured/IMG0004243.jpg", test::kFinishedJpeg);
  }

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  void write(const std::string& name, std::string_view text) { write_file_atomically(folder_ / name, text); }

  test::TemporaryFolder folder_;
};

std::vector<std::string> names(const Dataset& dataset) {
  std::vector<std::string> names;
  for (const DatasetImage& image : dataset.images) names.push_back(image.file_name);
  return names;
}

}  // namespace

TEST_CASE("FracAtlas: a split restricts the set, and with or without header and extension") {
  const SmallFracAtlas folder;
  const Dataset train = read_fracatlas(folder.path(), {.split = "train"});
  CHECK(names(train) == std::vector<std::string>{"Fractured/IMG0000001.jpg"});
  CHECK(train.boxes.size() == 1);
  CHECK(train.images[0].regions == std::vector<std::string>{"hand", "leg"});
  CHECK(names(read_fracatlas(folder.path(), {.split = "valid"})) ==
        std::vector<std::string>{"Fractured/IMG0003298.jpg"});
  CHECK(read_fracatlas(folder.path()).images.size() == 2);
}

TEST_CASE("FracAtlas: folder and boxes win over dataset.csv, and duplicates and truncated files are no negatives") {
  const SmallFracAtlas folder;
  const Dataset dataset = read_fracatlas(folder.path(), {.split = "valid", .with_negatives = true});
  // IMG0003298 has fractured=0 in the table, IMG0000016 fractured=1: both wrong.
  CHECK(names(dataset) == std::vector<std::string>{"Fractured/IMG0003298.jpg", "Non_fractured/IMG0000016.jpg"});
  CHECK(dataset.boxes.size() == 1);
  CHECK(dataset.left_out.size() == 3);
  REQUIRE(dataset.notes.size() == 1);
  CHECK(dataset.notes[0] ==
        "FracAtlas has 1 non-fractured image for images without boxes; not used: 1 truncated JPEG file, 1 duplicate of "
        "fractured ones.");
}

TEST_CASE("FracAtlas: an image has the same id whatever the options are") {
  const SmallFracAtlas folder;
  const Dataset plain = read_fracatlas(folder.path());
  const Dataset negatives = read_fracatlas(folder.path(), {.split = "valid", .with_negatives = true});
  CHECK(plain.left_out[0].file_name == negatives.images[1].file_name);
  CHECK(plain.left_out[0].id == negatives.images[1].id);
}

TEST_CASE(
    "FracAtlas: some of its non-fractured images are added as negatives, and others' fractures and copies are not") {
  const SmallFracAtlas folder;
  const test::TemporaryFolder chosen;
  for (const char* name : {"IMG0000016.jpg", "IMG0000001.jpg", "IMG0004243.jpg"})
    write_file_atomically(chosen / name, test::kFinishedJpeg);
  Dataset dataset = read_fracatlas(folder.path(), {.split = "valid"});
  add_negatives(dataset, chosen.path());
  CHECK(names(dataset) == std::vector<std::string>{"Fractured/IMG0003298.jpg", "Non_fractured/IMG0000016.jpg"});
  CHECK(dataset.images[1].regions == std::vector<std::string>{"leg"});
}

TEST_CASE("FracAtlas: what is missing is named") {
  const SmallFracAtlas folder;
  CHECK_THROWS_WITH(read_fracatlas(folder.path(), {.split = "test"}), Catch::Matchers::Contains("--split test"));
  CHECK_THROWS_WITH(read_fracatlas(folder.path() / "images"),
                    Catch::Matchers::Contains("the folder images is missing"));
}

TEST_CASE("FracAtlas: the real data set has the counts of its manifest") {
  const auto shared = test::shared_or_skipped("data/FracAtlas");
  if (!shared) return;
  const std::filesystem::path& folder = *shared;
  const Dataset train = read_fracatlas(folder, {.split = "train"});
  CHECK(train.images.size() == 574);
  const Dataset valid = read_fracatlas(folder, {.split = "valid", .with_negatives = true});
  // 3132 non-fractured images, 59 of them truncated, 5 that duplicate a fractured one.
  CHECK(valid.images.size() == 82 + 3132 - 59 - 5);
  const Dataset all = read_fracatlas(folder);
  CHECK(all.images.size() == 656);
  CHECK(all.boxes.size() == 855);
  const auto oriented = std::find_if(all.images.begin(), all.images.end(), [](const DatasetImage& image) {
    return image.file_name == "Fractured/IMG0002628.jpg";
  });
  REQUIRE(oriented != all.images.end());  // EXIF orientation 8: stored 373 wide
  CHECK(oriented->width == 454);
  CHECK(oriented->height == 373);
}

}  // namespace bonescan
