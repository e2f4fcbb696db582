// Split lists in the forms in which they are found.
#include "bonescan/dataset/split_list.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using Names = std::vector<std::string>;

Names read(std::string_view text) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "list.csv", text);
  return read_split_list(folder / "list.csv");
}

Dataset three_images() {
  Dataset dataset;
  dataset.source = "gt.json";
  dataset.images = {{1, "Fractured/a.jpg", 0, 0, {}}, {2, "Fractured/b.jpg", 0, 0, {}}, {3, "c.v2.png", 0, 0, {}}};
  return dataset;
}

}  // namespace

TEST_CASE("A split list may have a header, CRLF, a byte order mark, blank lines and further columns") {
  const Names expected = {"a.jpg", "b.jpg"};
  CHECK(read("a.jpg\nb.jpg\n") == expected);
  CHECK(read("a.jpg\nb.jpg") == expected);
  CHECK(read("image_id\r\na.jpg\r\n\r\nb.jpg\r\n") == expected);
  CHECK(read("\xEF\xBB\xBFimage_id\na.jpg\nb.jpg\n\n") == expected);
  CHECK(read("image,regions\na.jpg,hip\nb.jpg,\"leg,hip\"\n") == expected);
  CHECK(read("number,File_Name\n1,a.jpg\n2,b.jpg\n") == expected);
  CHECK(read("  a.jpg  \n\tb.jpg\n") == expected);
}

TEST_CASE("A split list without names is refused") {
  CHECK_THROWS_AS(read(""), UsageError);
  CHECK_THROWS_AS(read("image_id\n\n"), UsageError);
}

TEST_CASE("A split list whose columns are not separated by commas is refused with what separates them") {
  CHECK_THROWS_WITH(read("image_id;regions\na.jpg;hip\n"), Catch::Contains("its columns are separated by semicolons"));
  CHECK_THROWS_WITH(read("\"image_id\";\"regions\"\n\"a.jpg\";\"leg, hip\"\n"),
                    Catch::Contains("separated by semicolons"));
  CHECK_THROWS_WITH(read("number\tfile_name\n1\ta.jpg\n"), Catch::Contains("its columns are separated by tabs"));
  CHECK(read("a;b.jpg\n") == Names{"a;b.jpg"});  // a name
}

TEST_CASE("A split list that names several images at once is refused") {
  for (const UnknownNames unknown : {UnknownNames::kRefused, UnknownNames::kNoted}) {
    Dataset dataset = three_images();
    dataset.images.push_back({4, "Healthy/a.jpg", 0, 0, {}});
    CHECK_THROWS_WITH(keep_listed_images(dataset, {"b.jpg", "a.jpg"}, "list.csv", unknown),
                      Catch::Contains("list.csv names a.jpg, and there are several of this name in gt.json"));
  }
}

TEST_CASE("A split list names images with or without folder and extension") {
  Dataset dataset = three_images();
  keep_listed_images(dataset, {"a", "c.v2"}, "list.csv");
  REQUIRE(dataset.images.size() == 2);
  CHECK(dataset.images[0].id == 1);
  CHECK(dataset.images[1].id == 3);
  REQUIRE(dataset.left_out.size() == 1);
  CHECK(dataset.left_out[0].id == 2);
}

TEST_CASE("A split list that names an unknown image is refused") {
  Dataset dataset = three_images();
  CHECK_THROWS_WITH(keep_listed_images(dataset, {"a.jpg", "z.jpg"}, "list.csv"),
                    "list.csv names z.jpg, which is not in gt.json");
}

TEST_CASE("A split list of more than the set holds restricts it, with a note, unless it names nothing there") {
  Dataset dataset = three_images();
  CHECK_THROWS_WITH(keep_listed_images(dataset, {"y.jpg", "z.jpg"}, "list.csv", UnknownNames::kNoted),
                    Catch::Contains("list.csv names y.jpg, which is not in gt.json"));
  keep_listed_images(dataset, {"a.jpg", "y.jpg", "z.jpg"}, "list.csv", UnknownNames::kNoted);
  CHECK(dataset.images.size() == 1);
  REQUIRE(dataset.notes.size() == 1);
  CHECK(dataset.notes[0] == "2 images of list.csv not found in gt.json.");
}

}  // namespace bonescan
