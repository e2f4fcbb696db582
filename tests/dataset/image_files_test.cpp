// Listing image folders and adding them as negatives.
#include "bonescan/dataset/image_files.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

// Start of image, one segment with a thumbnail's end-of-image marker inside, start of scan, data.
const std::string kUnfinishedJpeg("\xFF\xD8\xFF\xE1\x00\x06\xFF\xD9\x00\x00\xFF\xDA\x00\x02\x12\x34", 16);
const std::string kFinishedJpeg = kUnfinishedJpeg + "\xFF\xD9 trailing bytes";

}  // namespace

TEST_CASE("Image files are listed recursively in byte order without hidden ones") {
  const test::TemporaryFolder folder;
  for (const char* name : {"b/x.JPG", "a.png", "b/.hidden.png", ".git/z.png", "notes.txt", "B.tif"})
    write_file_atomically(folder / name, "");
  CHECK(list_image_files(folder.path(), "--images") == std::vector<std::string>{"B.tif", "a.png", "b/x.JPG"});
  CHECK_THROWS_WITH(list_image_files(folder / "missing", "--images"), Catch::Matchers::Contains("--images"));
}

TEST_CASE(
    "What only looks like an image file is listed, so that reading it can say what is wrong, and folders are not") {
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink("nowhere", folder / "dangling.png");
  write_file_atomically(folder / "folder.jpg/x.png", "");
  std::filesystem::create_directory_symlink("folder.jpg", folder / "link");
  const FolderSurvey survey = survey_folder(folder.path(), "--images");
  CHECK(survey.images == std::vector<std::string>{"dangling.png", "folder.jpg/x.png"});
  CHECK(survey.linked_folders == std::vector<std::string>{"link"});
}

TEST_CASE("What an earlier run wrote is no image of the folder") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.jfif", "out/masks/a.jfif.png", "out/overlays/a.jfif.jpg", "out/results.jsonl",
                           "out/labels/a.txt", "out/b.png", "masks/c.png", "detected/results.csv", "notes.txt"})
    write_file_atomically(folder / name, "");
  for (const char* run : {"out", "detected"})
    write_file_atomically(folder / run / "run.json", R"({"schema": "bonescan.run/1"})");
  const FolderSurvey survey = survey_folder(folder.path(), "--images");
  CHECK(survey.images == std::vector<std::string>{"a.jfif", "masks/c.png", "out/b.png"});
  CHECK(survey.others == std::vector<std::string>{"notes.txt"});
  CHECK(survey.earlier_runs == std::vector<std::string>{"out"});
  CHECK(list_image_files(folder.path(), "--images") == survey.images);
}

TEST_CASE("A run.json of another program is no earlier run, and is not read to its end") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "run/run.json", R"({"schema": "of somebody else"})");
  write_file_atomically(folder / "large/run.json", "");
  std::filesystem::resize_file(folder / "large/run.json", std::uintmax_t{1} << 36);  // takes no space
  for (const char* name : {"run/masks/a.png", "large/masks/a.png"}) write_file_atomically(folder / name, "");
  CHECK(list_image_files(folder.path(), "--images") ==
        std::vector<std::string>{"large/masks/a.png", "run/masks/a.png"});
}

TEST_CASE("Files without an extension or with a number for one are listed if they are DICOM, but no DICOMDIR is") {
  const test::TemporaryFolder folder;
  const auto dicom = test::data_folder() / "dicom";
  for (const char* name : {"IM1", "1.2.840.113", "image.DCM", "report.txt"})
    std::filesystem::copy_file(dicom / "grey_explicit.dcm", folder / name);
  for (const char* name : {"DICOMDIR", "index.dcm"}) std::filesystem::copy_file(dicom / "disc/DICOMDIR", folder / name);
  for (const char* name : {"README", "notes.2", "broken.dcm"}) write_file_atomically(folder / name, "text");
  const FolderSurvey survey = survey_folder(folder.path(), "--images");
  CHECK(survey.images == std::vector<std::string>{"1.2.840.113", "IM1", "broken.dcm", "image.DCM"});
  CHECK(survey.others == std::vector<std::string>{"DICOMDIR", "README", "index.dcm", "notes.2", "report.txt"});
}

TEST_CASE("A JPEG is complete if an end-of-image marker follows the scan") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.jpg", kUnfinishedJpeg);
  write_file_atomically(folder / "whole.jpg", kFinishedJpeg);
  write_file_atomically(folder / "other.png", "\x89PNG");
  CHECK_FALSE(has_complete_jpeg_stream(folder / "cut.jpg"));
  CHECK(has_complete_jpeg_stream(folder / "whole.jpg"));
  std::string filled = kFinishedJpeg;
  filled.insert(2, "\xFF\xFF");  // fill bytes before the first segment's marker
  write_file_atomically(folder / "filled.jpg", filled);
  CHECK(has_complete_jpeg_stream(folder / "filled.jpg"));
  write_file_atomically(folder / "filled_cut.jpg", filled.substr(0, kUnfinishedJpeg.size() + 2));
  CHECK_FALSE(has_complete_jpeg_stream(folder / "filled_cut.jpg"));
  CHECK(has_complete_jpeg_stream(folder / "other.png"));
}

TEST_CASE("Negatives get new ids, and truncated files and known images are not added") {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "cut.jpg", kUnfinishedJpeg);
  write_file_atomically(folder / "known.jpg", kFinishedJpeg);
  write_file_atomically(folder / "sub/new.jpg", kFinishedJpeg);
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
    write_file_atomically(folder / name, kFinishedJpeg);
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
  write_file_atomically(folder / "cut.jpg", kUnfinishedJpeg);
  write_file_atomically(folder / "known.jpg", kFinishedJpeg);
  Dataset dataset;
  dataset.images = {{4, "known.jpg", 0, 0, {}}};
  CHECK_THROWS_WITH(add_negatives(dataset, folder.path()),
                    Catch::Matchers::Contains("1 truncated or unreadable, 1 in the"));
}

}  // namespace bonescan
