// When an output folder may be used, and what goes when a run is replaced.
#include "bonescan/scan/output_folder.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

const Json kSettings = {{"task", "detect"}, {"nms_iou", 0.45}};

void write_earlier_run(const fs::path& folder) {
  write_file_atomically(folder / kRunName, to_json_text({{"schema", kRunSchema}, {"settings", kSettings}}));
  write_file_atomically(folder / kResultsName,
                        "{\"file\":\"a/1.png\",\"status\":\"ok\"}\n{\"file\":\"../../escape\",\"status\":\"ok\"}\ncut");
  write_file_atomically(folder / "masks/a/1.png.png", "mask");
  write_file_atomically(folder / "labels/a/1.txt", "");
  write_file_atomically(folder / "masks/mine.png", "not of the run");
}

TEST_CASE("names below the output folder keep the extension of a picture, and drop it for labels") {
  CHECK(mask_name("left/hand.jpg") == "masks/left/hand.jpg.png");
  CHECK(overlay_name("left/hand.jpg") == "overlays/left/hand.jpg.jpg");
  CHECK(label_name("left.1/hand.2.jpg", ".txt") == "labels/left.1/hand.2.txt");
  CHECK(label_name("1.2.840.113", ".txt") == "labels/1.2.840.113.txt");
  CHECK(label_name("study/IM0001", ".xml") == "labels/study/IM0001.xml");
  CHECK(label_name("hand.DCM", ".xml") == "labels/hand.xml");
  CHECK(mask_name("x.jpg.png/y.jpg") == "masks/x.jpg.png~/y.jpg.png");  // masks/x.jpg.png is that of x.jpg
  CHECK(mask_name("x.jpg.png~/y.jpg") == "masks/x.jpg.png~~/y.jpg.png");
  CHECK(mask_name("x.jpg/y.jpg") == "masks/x.jpg/y.jpg.png");
  CHECK(mask_name("x~/y.jpg") == "masks/x~/y.jpg.png");
  CHECK(overlay_name("x.jpg.jpg/y.jpg") == "overlays/x.jpg.jpg~/y.jpg.jpg");
  CHECK(label_name("a/x.xml/y.jpg", ".txt") == "labels/a/x.xml~/y.txt");
  CHECK(label_name("data.yaml/y.jpg", ".txt") == "labels/data.yaml~/y.txt");
  CHECK(picture_name("hand.dcm", 0) == "hand.dcm");
  CHECK(picture_name("hand.dcm", 12) == "hand.dcm/0012");
}

TEST_CASE("a folder that is new or empty may be used, others need to be told how") {
  const test::TemporaryFolder folder;
  CHECK_NOTHROW(check_output_folder(folder / "new", ExistingOutput::kRefuse, kSettings));
  CHECK_NOTHROW(check_output_folder(folder.path(), ExistingOutput::kRefuse, kSettings));
  write_file_atomically(folder / "notes.txt", "");
  CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kRefuse, kSettings),
                    Catch::Contains("--resume or --overwrite"));
  CHECK_NOTHROW(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings));
  CHECK_THROWS_AS(check_output_folder(folder / "notes.txt", ExistingOutput::kOverwrite, kSettings), UsageError);
}

TEST_CASE("what somebody else has made under the names of a run's files is refused, whatever is to be done with it") {
  for (const char* name : {"masks/hand.jpg.png", "overlays/hand.jpg.jpg", "labels/hand.txt", "results.jsonl",
                           "run.json", "radiographs.csv", "detections.json", "images.json", "results.csv"}) {
    CAPTURE(name);
    const test::TemporaryFolder folder;
    write_file_atomically(folder / name, "drawn by hand");
    for (const auto existing : {ExistingOutput::kRefuse, ExistingOutput::kResume, ExistingOutput::kOverwrite})
      CHECK_THROWS_WITH(check_output_folder(folder.path(), existing, kSettings),
                        Catch::Contains("no run of bonescan has written; name another folder"));
  }
}

TEST_CASE("a link to nowhere under the name of a run's file is somebody else's, too") {
  const test::TemporaryFolder folder;
  fs::create_symlink("gone", folder / kTableName);
  CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings),
                    Catch::Contains("results.csv, which no run of bonescan has written"));
}

TEST_CASE("folders of masks and labels without a file in them are nobody's") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "masks/.gitkeep", "");
  fs::create_directories(folder / "labels/train");
  CHECK_NOTHROW(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings));
}

TEST_CASE("what a run did not write stays when it is replaced, or no run may be made there") {
  const test::TemporaryFolder folder;
  write_earlier_run(folder.path());
  const Json run = {{"schema", kRunSchema}, {"formats", {"coco"}}, {"settings", {{"overlay", false}}}};
  write_file_atomically(folder / kRunName, to_json_text(run));
  write_file_atomically(folder / kResultsName, R"({"file":"grey.jpg","status":"failed","error":"no picture"})");
  for (const char* name : {"labels/grey.txt", "overlays/grey.jpg.jpg", "masks/grey.jpg.png"})
    write_file_atomically(folder / name, "drawn by hand");
  CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings),
                    Catch::Contains("no run of bonescan has written"));
  remove_picture_files(folder.path(), {"grey.jpg"});
  remove_run(folder.path());
  for (const char* name : {"labels/grey.txt", "overlays/grey.jpg.jpg", "masks/grey.jpg.png"})
    CHECK(fs::exists(folder / name));
}

TEST_CASE("files that a run without boxes did not write are somebody else's") {
  const test::TemporaryFolder folder;
  const Json run = {
      {"schema", kRunSchema}, {"formats", Json::array()}, {"settings", {{"overlay", false}, {"segmenter", "0123"}}}};
  write_file_atomically(folder / kRunName, to_json_text(run));
  write_file_atomically(folder / kResultsName, "");
  CHECK_NOTHROW(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings));
  const std::vector names = {kDetectionsName, kImagesName, kTableName};
  for (const char* name : names) {
    write_file_atomically(folder / name, "mine");
    CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kOverwrite, kSettings),
                      Catch::Contains("which no run of bonescan has written"));
    remove_run(folder.path());
    CHECK(fs::exists(folder / name));
    CHECK_FALSE(fs::exists(folder / kRunName));
    write_file_atomically(folder / kRunName, to_json_text(run));
    fs::remove(folder / name);
  }
}

TEST_CASE("names of classes that the run did not write stay when it is overwritten") {
  const test::TemporaryFolder folder;
  for (const bool written : {false, true}) {
    write_earlier_run(folder.path());
    const Json formats = written ? Json({"coco", "yolo"}) : Json({"coco"});
    write_file_atomically(folder / kRunName, to_json_text({{"schema", kRunSchema}, {"formats", formats}}));
    write_file_atomically(folder / kYoloNamesName, "names: [mine]\n");
    remove_run(folder.path());
    CHECK(fs::exists(folder / kYoloNamesName) != written);
  }
}

TEST_CASE("a run is resumed only with the settings that it had") {
  const test::TemporaryFolder folder;
  write_earlier_run(folder.path());
  CHECK_NOTHROW(check_output_folder(folder.path(), ExistingOutput::kResume, kSettings));
  Json other = kSettings;
  other["nms_iou"] = 0.5;
  CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kResume, other),
                    Catch::Contains("another \"nms_iou\" (0.45, now 0.5)"));
  fs::remove(folder / kRunName);
  fs::rename(folder / kResultsName, folder / kJournalName);
  CHECK_THROWS_WITH(check_output_folder(folder.path(), ExistingOutput::kResume, kSettings),
                    Catch::Contains("no run.json"));
}

void prepare(const fs::path& folder, ExistingOutput existing) {
  FolderLock lock(folder);
  prepare_output_folder(folder, existing, lock);
}

TEST_CASE("overwriting removes what the run wrote and nothing else") {
  const test::TemporaryFolder parent;
  const fs::path folder = parent / "out";
  write_earlier_run(folder);
  // masks/../../escape.png, which the second record would name.
  write_file_atomically(parent / "escape.png", "outside the output folder");
  prepare(folder, ExistingOutput::kOverwrite);
  CHECK_FALSE(fs::exists(folder / kRunName));
  CHECK_FALSE(fs::exists(folder / kResultsName));
  CHECK_FALSE(fs::exists(folder / "masks/a"));
  CHECK_FALSE(fs::exists(folder / "labels"));
  CHECK(fs::exists(folder / "masks/mine.png"));
  CHECK(fs::exists(parent / "escape.png"));
}

TEST_CASE("where no run has been nothing is removed") {
  const test::TemporaryFolder folder;
  const std::vector names = {kDetectionsName, kImagesName, kRadiographsName, kTableName};
  for (const char* name : names) write_file_atomically(folder / name, "mine");
  prepare(folder.path(), ExistingOutput::kOverwrite);
  for (const char* name : names) CHECK(read_text_file(folder / name) == "mine");
}

TEST_CASE("a folder that is in use is refused to others") {
  const test::TemporaryFolder folder;
  for (const char* name : {"", "new"}) {  // locked before it is prepared, or as soon as it is made
    const fs::path output = folder / name;
    {
      FolderLock lock(output);
      CHECK(lock.held() == fs::exists(output));
      prepare_output_folder(output, ExistingOutput::kResume, lock);
      CHECK(lock.held());
      CHECK_THROWS_WITH(FolderLock(output), Catch::Contains("another run"));
    }
    CHECK(FolderLock(output).held());
  }
}

TEST_CASE("finished results become the journal of a run that goes on") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / kResultsName, "line\n");
  write_file_atomically(folder / "masks/.bonescan-a1B2c3", "half a mas");  // of a killed process
  prepare(folder.path(), ExistingOutput::kResume);
  CHECK(read_text_file(folder / kJournalName) == "line\n");
  CHECK_FALSE(fs::exists(folder / kResultsName));
  CHECK(fs::is_empty(folder / "masks"));
}

}  // namespace
}  // namespace bonescan
