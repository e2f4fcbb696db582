// Which image a file name stands for.
#include "bonescan/dataset/image_index.h"

#include <catch2/catch.hpp>

namespace bonescan {
namespace {

Dataset images(std::vector<std::string> names) {
  Dataset dataset;
  for (const std::string& name : names) {
    const auto id = static_cast<std::int64_t>(dataset.images.size());
    dataset.images.push_back({id, name, 0, 0, {}});
  }
  return dataset;
}

}  // namespace

TEST_CASE("The full path goes before the base name") {
  const ImageIndex index(images({"left/hand.jpg", "hand.jpg", "foot.jpg"}));
  CHECK(index.find("hand.jpg")->id == 1);
  CHECK(index.find("left/hand.jpg")->id == 0);
  CHECK(index.find("./left/hand.jpg")->id == 0);
  CHECK(index.find("somewhere/foot.jpg")->id == 2);
}

TEST_CASE("A base name that two images share stands for neither") {
  const ImageIndex index(images({"left/hand.jpg", "right/hand.jpg"}));
  CHECK_FALSE(index.find("hand.jpg"));
  CHECK_FALSE(index.find("middle/hand.jpg"));
}

TEST_CASE("The extension counts unless the caller says otherwise") {
  const ImageIndex index(images({"hand.jpg", "foot.v1.png"}));
  CHECK_FALSE(index.find("hand.png"));
  CHECK_FALSE(index.find("hand"));
  CHECK(index.find_any_extension("hand")->id == 0);
  CHECK(index.find_any_extension("hand.txt")->id == 0);
  CHECK(index.find_any_extension("foot.v1")->id == 1);
  CHECK_FALSE(index.find_any_extension("foot"));
}

TEST_CASE("The last number of a UID is no extension") {
  const ImageIndex index(images({"1.2.840", "1.2.840.3", "left/1.2.840.4"}));
  CHECK(index.find_any_extension("1.2.840.txt")->id == 0);
  CHECK(index.find_any_extension("1.2.840.3.txt")->id == 1);
  CHECK(index.find_any_extension("left/1.2.840.4.txt")->id == 2);
  CHECK(index.find_any_extension("1.2.840.4.txt")->id == 2);
  CHECK_FALSE(index.find_any_extension("1.2.840.5"));
}

TEST_CASE("An index of names gives their positions") {
  const std::vector<std::string> names = {"left/hand.jpg", "foot.jpg"};
  const ImageIndex index(names);
  CHECK(index.find("foot.jpg")->id == 1);
  CHECK(index.find_any_extension("hand")->id == 0);
}

TEST_CASE("Images that a split leaves out are known as such") {
  Dataset dataset = images({"hand.jpg"});
  dataset.left_out.push_back({5, "foot.jpg", 0, 0, {}});
  const ImageIndex index(dataset);
  CHECK_FALSE(index.find("hand.jpg")->left_out);
  CHECK(index.find("foot.jpg")->left_out);
}

}  // namespace bonescan
