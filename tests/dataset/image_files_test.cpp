// Listing image folders.
#include "bonescan/dataset/image_files.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "support/jpeg_bytes.h"
#include "support/test_paths.h"

namespace bonescan {

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
  write_file_atomically(folder / "cut.jpg", test::kUnfinishedJpeg);
  write_file_atomically(folder / "whole.jpg", test::kFinishedJpeg);
  write_file_atomically(folder / "other.png", "\x89PNG");
  CHECK_FALSE(has_complete_jpeg_stream(folder / "cut.jpg"));
  CHECK(has_complete_jpeg_stream(folder / "whole.jpg"));
  std::string filled = test::kFinishedJpeg;
  filled.insert(2, "\xFF\xFF");  // fill bytes before the first segment's marker
  write_file_atomically(folder / "filled.jpg", filled);
  CHECK(has_complete_jpeg_stream(folder / "filled.jpg"));
  write_file_atomically(folder / "filled_cut.jpg", filled.substr(0, test::kUnfinishedJpeg.size() + 2));
  CHECK_FALSE(has_complete_jpeg_stream(folder / "filled_cut.jpg"));
  CHECK(has_complete_jpeg_stream(folder / "other.png"));
}

}  // namespace bonescan
