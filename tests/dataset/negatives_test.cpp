// A folder's images as images without boxes.
#include "bonescan/dataset/negatives.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/jpeg_bytes.h"
#include "support/test_paths.h"

namespace bonescan {

TEST_CASE("Negatives get new ids, and truncated files and known images are not added") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.jpg", test::kUnfinishedJpeg);
  write_file_atomically(folder / "known.jpg", test::kFinishedJpeg);
  write_file_atomically(folder / "sub/new.jpg", test::kFinishedJpeg);
  Dataset dataset;
  dataset.images = {{4, "known.jpg", 0, 0, {}}};
  dataset.left_out = {{9, "other.jpg", 0, 0, {}}};
  add_negatives(dataset, folder.path());
  REQUIRE(dataset.images.size() == 2);
  CHECK(dataset.images[1].id == 10);
  CHECK(dataset.images[1].file_name == "sub/new.jpg");
  CHECK(dataset.notes.size() == 3);
}

TEST_CASE("A negative that the set leaves out without boxes joins it again under its own id") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a/normal.jpg", "b/normal.jpg", "fractured.jpg"})
    write_file_atomically(folder / name, test::kFinishedJpeg);
  Dataset dataset;
  dataset.images = {{4, "Fractured/known.jpg", 0, 0, {}}};
  dataset.left_out = {{2, "Non_fractured/normal.jpg", 0, 0, {"hand"}}, {9, "Fractured/fractured.jpg", 0, 0, {}, true}};
  add_negatives(dataset, folder.path());
  REQUIRE(dataset.images.size() == 2);
  CHECK(dataset.images[0].id == 2);
  CHECK(dataset.images[0].file_name == "Non_fractured/normal.jpg");
  CHECK(dataset.images[0].regions == std::vector<std::string>{"hand"});
  REQUIRE(dataset.left_out.size() == 1);
  CHECK(dataset.left_out[0].id == 9);
}

TEST_CASE("A folder that adds no negative is refused with the reasons") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.jpg", test::kUnfinishedJpeg);
  write_file_atomically(folder / "known.jpg", test::kFinishedJpeg);
  Dataset dataset;
  dataset.images = {{4, "known.jpg", 0, 0, {}}};
  CHECK_THROWS_WITH(add_negatives(dataset, folder.path()),
                    Catch::Matchers::Contains("1 truncated or unreadable, 1 in the"));
}

}  // namespace bonescan
