// Which files are found, in which order, and under which name.
#include "bonescan/scan/inputs.h"

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

void touch(const fs::path& path) {
  write_file_atomically(path, "x");
}

std::vector<std::string> names(const InputSet& inputs) {
  std::vector<std::string> files;
  for (const InputFile& input : inputs.files) files.push_back(input.file);
  return files;
}

InputSet find(const std::vector<std::string>& named, const std::string& list_text = {}) {
  std::istringstream standard_input(list_text);
  InputSelection selection{named, std::nullopt, std::nullopt};
  if (!list_text.empty()) selection.list = "-";
  return find_inputs(selection, standard_input);
}

using Names = std::vector<std::string>;

TEST_CASE("a folder gives its radiographs in byte order of their relative paths, hidden files left out") {
  const test::TemporaryFolder folder;
  // '-' < '.' < '/' < 'B' < 'a' in ASCII.
  for (const char* file :
       {"a/1.png", "a-b.PNG", "a.jpg", "B.tiff", "notes.txt", ".hidden.jpg", ".cache/2.jpg", "a/c/3.dcm"})
    touch(folder / file);
  CHECK(names(find({folder.path()})) == Names{"B.tiff", "a-b.PNG", "a.jpg", "a/1.png", "a/c/3.dcm"});
}

TEST_CASE("a file that is named is taken whatever its extension, under its own name") {
  const test::TemporaryFolder folder;
  touch(folder / "scan.raw");
  CHECK(names(find({folder / "scan.raw"})) == Names{"scan.raw"});
}

TEST_CASE("several names are relative to their deepest common parent, in the order in which they are named") {
  const test::TemporaryFolder folder;
  for (const char* file : {"ward/left/1.png", "ward/right/2.png", "ward/right/0.png"}) touch(folder / file);
  const InputSet inputs = find({folder / "ward/right", folder / "ward/left/1.png"});
  CHECK(inputs.folder == fs::canonical(folder / "ward"));
  CHECK(names(inputs) == Names{"right/0.png", "right/2.png", "left/1.png"});
  CHECK(inputs.files[2].id == 3);
}

TEST_CASE("the same file by several names is one input") {
  const test::TemporaryFolder folder;
  touch(folder / "a/1.png");
  fs::create_symlink(folder / "a/1.png", folder / "a/2.png");
  fs::create_directory_symlink(folder / "a", folder / "b");
  const InputSet inputs = find({folder / "a", folder / "a/1.png", folder / "a/../b/1.png", folder / "b"});
  CHECK(names(inputs) == Names{"1.png"});
}

TEST_CASE("no relative name leaves the folder, even through links and dots") {
  const test::TemporaryFolder folder;
  touch(folder / "real/deep/1.png");
  touch(folder / "2.png");
  fs::create_directory_symlink(folder / "real/deep", folder / "link");
  const InputSet inputs = find({folder / "link/1.png", folder / "real/../2.png"});
  CHECK(names(inputs) == Names{"real/deep/1.png", "2.png"});
}

TEST_CASE("a glob is expanded in byte order, and a file whose name looks like one is itself") {
  const test::TemporaryFolder folder;
  for (const char* file : {"b1.png", "a2.png", "a1.png", "[x].png"}) touch(folder / file);
  CHECK(names(find({folder / "a*.png"})) == Names{"a1.png", "a2.png"});
  CHECK(names(find({folder / "[x].png"})) == Names{"[x].png"});
}

TEST_CASE(
    "a list names one input a line, as other systems write it too, and a missing one is an input that fails later") {
  const test::TemporaryFolder folder;
  touch(folder / "1 2.png");
  const std::string base = folder.path().string();
  const InputSet inputs = find({}, "\xEF\xBB\xBF" + base + "/1 2.png\r\n\n" + base + "/gone.png");
  CHECK(names(inputs) == Names{"1 2.png", "gone.png"});
}

TEST_CASE("a list may hold a relative name of which nothing exists") {
  const test::TemporaryFolder folder;
  touch(folder / "good/1.png");
  const fs::path here = fs::current_path();
  fs::current_path(folder.path());
  const InputSet inputs = find({}, "good/1.png\ngone/2.png\n");
  fs::current_path(here);
  CHECK(names(inputs) == Names{"good/1.png", "gone/2.png"});
}

TEST_CASE("what cannot be met is one sentence that names the input") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH(find({}), Catch::Contains("no input is named"));
  CHECK_THROWS_AS(find({folder.path()}), UsageError);
  CHECK_THROWS_WITH(find({folder / "gone.png"}), Catch::Contains("gone.png does not exist"));
  CHECK_THROWS_WITH(find({folder / "*.png"}), Catch::Contains("*.png matches no file"));
  CHECK_THROWS_WITH(find({}, std::string("\xFF\xFE/\0a\0\n\0", 8)), "--list - is UTF-16; save it as UTF-8");
}

TEST_CASE("what lies below the output folder is no input") {
  const test::TemporaryFolder folder;
  for (const char* file : {"1.png", "out/masks/1.png.png", "outer/2.png"}) touch(folder / file);
  std::istringstream nothing;
  const InputSet inputs = find_inputs({{folder.path()}, {}, {}}, nothing, folder / "out");
  CHECK(names(inputs) == Names{"1.png", "outer/2.png"});
}

TEST_CASE("what lies in masks/ of the output folder is no input of a run that may remove it") {
  const test::TemporaryFolder folder;
  for (const char* name : {"out/masks/a.png", "out/images/b.png"}) write_file_atomically(folder / name, "");
  std::istringstream nothing;
  for (const auto& name : {folder / "out/masks", folder / "out/masks/a.png"})
    CHECK_THROWS_WITH(find_inputs({{name.string()}, {}, {}}, nothing, folder / "out"),
                      Catch::Contains("lies in masks/ of the output folder"));
  CHECK(find_inputs({{(folder / "out/images").string()}, {}, {}}, nothing, folder / "out").files.size() == 1);
}

TEST_CASE("what an earlier run wrote below a folder is no input, unless it is named") {
  const test::TemporaryFolder folder;
  for (const char* file :
       {"1.png", "a/out/masks/1.png.png", "a/out/overlays/x/1.png.jpg", "a/out/raw/2.png", "b/masks/3.png"})
    touch(folder / file);
  write_file_atomically(folder / "a/out/run.json", R"({"schema": "bonescan.run/1", "status": "running"})");
  write_file_atomically(folder / "b/run.json", R"({"schema": "of somebody else"})");
  CHECK(names(find({folder.path()})) == Names{"1.png", "a/out/raw/2.png", "b/masks/3.png"});
  CHECK(names(find({folder / "a/*"})) == Names{"raw/2.png"});
  CHECK(names(find({folder / "a/out/masks"})) == Names{"1.png.png"});
}

TEST_CASE("an output folder that is an input itself is refused: its results would become inputs") {
  const test::TemporaryFolder folder;
  touch(folder / "in/1.png");
  fs::create_directory_symlink("in", folder / "link");
  std::istringstream nothing;
  CHECK_THROWS_WITH(find_inputs({{folder / "in"}, {}, {}}, nothing, folder / "link"),
                    Catch::Contains("is the output folder, too"));
  CHECK_THROWS_AS(find_inputs({{folder / "in"}, {}, {}}, nothing, folder / "in/"), UsageError);
  CHECK(names(find_inputs({{folder / "in/*.png"}, {}, {}}, nothing, folder / "in")) == Names{"1.png"});
}

TEST_CASE("an output folder among what a glob matches is no input, so that the run can be resumed") {
  const test::TemporaryFolder folder;
  touch(folder / "in/1.png");
  touch(folder / "in/out/overlays/1.png.jpg");
  std::istringstream nothing;
  CHECK(names(find_inputs({{folder / "in/*"}, {}, {}}, nothing, folder / "in/out")) == Names{"1.png"});
}

TEST_CASE("shards split the inputs without overlap, and keep their ids") {
  const test::TemporaryFolder folder;
  for (int i = 0; i < 40; ++i) touch(folder / (std::to_string(i) + ".png"));
  std::istringstream nothing;
  std::set<std::int64_t> ids;
  for (int part = 1; part <= 3; ++part) {
    const InputSet inputs = find_inputs({{folder.path()}, {}, Shard{part, 3}}, nothing);
    CHECK(inputs.files.size() > 4);  // far below the expected 13
    for (const InputFile& input : inputs.files) CHECK(ids.insert(input.id).second);
  }
  CHECK(ids.size() == 40);
  CHECK(*ids.rbegin() == 40);
}

}  // namespace
}  // namespace bonescan
