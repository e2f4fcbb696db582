// DICOM as the users of segment, detect, pipeline and eval meet it: which files are found, what frames are called, and
// that nothing of a header turns up anywhere.
#include <catch2/catch.hpp>
#include <filesystem>

#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "support/process.h"
#include "support/run_folder.h"
#include "support/test_paths.h"
#include "support/tiny_models.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using test::dicom;
using Arguments = std::vector<std::string>;

// Stands in every element of the fixtures that could name a person (scripts/make_dicom_fixtures.py).
const std::string kSecret = "ZZSECRETZZ";

test::ProcessResult pipeline(Arguments arguments) {
  const Arguments models = {"pipeline", "--segmenter", test::kSegmenter, "--detector",
                            test::data_folder() / "models/detector.pt"};
  arguments.insert(arguments.begin(), models.begin(), models.end());
  return test::run_bonescan(arguments);
}

std::vector<Json> results(const fs::path& folder) {
  return test::json_lines(read_text_file(folder / "results.jsonl"));
}

void copy_fixture(const std::string& fixture, const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::copy_file(dicom(fixture), to);
}

TEST_CASE("a DICOM file gives the mask of the PNG with the same pixels, in every lossless transfer syntax") {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "in");
  fs::copy_file(test::data_folder() / "images/grey.png", folder / "in/png.png");
  const Arguments syntaxes = {"implicit",      "explicit",         "big_endian", "deflated", "rle",
                              "jpeg_lossless", "jpeg_lossless_14", "jpeg_ls",    "jpeg2000"};
  for (const std::string& syntax : syntaxes) copy_fixture("grey_" + syntax + ".dcm", folder / "in" / (syntax + ".dcm"));
  const auto result = pipeline({folder / "in", "-o", folder / "out"});
  CHECK(result.exit_code == 0);
  const std::string expected = read_text_file(folder / "out/masks/png.png.png");
  for (const std::string& syntax : syntaxes) {
    CAPTURE(syntax);
    CHECK(read_text_file(folder / "out/masks" / (syntax + ".dcm.png")) == expected);
  }
}

TEST_CASE("nothing of a DICOM header is written or said, however much is asked for") {
  const test::TemporaryFolder folder;
  for (const char* name : {"personal.dcm", "personal_cut.dcm", "report.dcm", "odd_photometric.dcm", "enhanced.dcm"})
    copy_fixture(name, folder / "in" / name);
  fs::copy(dicom("disc"), folder / "in/disc", fs::copy_options::recursive);
  const auto result = pipeline({folder / "in", folder / "in/disc/DICOMDIR", "-o", folder / "out", "-v", "--log-json",
                                "--overlay", "--format", "yolo,voc,csv"});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.errors, !Catch::Contains(kSecret));
  CHECK(result.output.empty());
  auto files = test::files_of(folder / "out");
  files["run.json"] = read_text_file(folder / "out/run.json");
  CHECK(files.size() > 20);
  for (const auto& [name, content] : files) {
    CAPTURE(name);
    CHECK(content.find(kSecret) == std::string::npos);
    CHECK(name.find(kSecret) == std::string::npos);
  }
  // The search can find it.
  REQUIRE(pipeline({dicom("personal.dcm"), "-o", folder / "asked", "--dicom-tags", "PatientName"}).exit_code == 0);
  CHECK(results(folder / "asked")[0]["dicom"] == Json{{"PatientName", kSecret}});
}

TEST_CASE("a DICOM file that is cut off fails, with --allow-truncated too, and the run goes on") {
  const test::TemporaryFolder folder;
  copy_fixture("grey_explicit.dcm", folder / "in/whole.dcm");
  const std::string whole = read_text_file(folder / "in/whole.dcm");
  write_file_atomically(folder / "in/cut.dcm", whole.substr(0, whole.size() - 100));
  CHECK(pipeline({folder / "in", "-o", folder / "out", "--allow-truncated"}).exit_code == 3);
  const auto records = results(folder / "out");
  REQUIRE(records.size() == 2);
  CHECK(records[0]["error"] == "the DICOM data end too early (truncated file)");
  CHECK(records[1]["status"] == "ok");
}

TEST_CASE("the instance's UID is told unless other tags or none are asked for") {
  const test::TemporaryFolder folder;
  const std::string image = dicom("grey_rle.dcm");
  REQUIRE(pipeline({image, "-o", folder / "1"}).exit_code == 0);
  CHECK_THAT(results(folder / "1")[0]["dicom"]["SOPInstanceUID"].get<std::string>(), Catch::StartsWith("1.2.826."));
  CHECK(results(folder / "1")[0]["dicom"].size() == 1);
  REQUIRE(pipeline({image, "-o", folder / "2", "--dicom-tags", "none"}).exit_code == 0);
  CHECK_FALSE(results(folder / "2")[0].contains("dicom"));
  REQUIRE(pipeline({image, "-o", folder / "3", "--dicom-tags", "(0028,0010),Modality,StudyDate"}).exit_code == 0);
  CHECK(results(folder / "3")[0]["dicom"].dump() == R"({"Rows":"47","Modality":"OT","StudyDate":null})");
  const auto unknown = pipeline({image, "-o", folder / "4", "--dicom-tags", "PatientsNickname"});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.errors, Catch::Contains("\"PatientsNickname\" is not a keyword"));
  CHECK_FALSE(fs::exists(folder / "4"));
  const auto resumed = pipeline({image, "-o", folder / "3", "--resume"});
  CHECK(resumed.exit_code == 2);
  CHECK_THAT(resumed.errors, Catch::Contains("dicom_tags"));
}

TEST_CASE("a folder's DICOM files are found by content where their names do not tell") {
  const test::TemporaryFolder folder;
  copy_fixture("grey_explicit.dcm", folder / "in/1.2.840.113");
  copy_fixture("grey_explicit.dcm", folder / "in/IM0001");
  copy_fixture("bare_implicit", folder / "in/sub/raw");
  copy_fixture("disc/DICOMDIR", folder / "in/DICOMDIR");
  copy_fixture("disc/DICOMDIR", folder / "in/index.dcm");
  write_file_atomically(folder / "in/README", "no radiograph");
  write_file_atomically(folder / "in/notes.1", "no radiograph");
  const auto result = pipeline({folder / "in", "-o", folder / "out", "--format", "yolo"});
  CHECK(result.exit_code == 0);
  const auto lines = results(folder / "out");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["file"] == "1.2.840.113");
  CHECK(lines[1]["file"] == "IM0001");
  CHECK(lines[2]["file"] == "sub/raw");
  CHECK(fs::exists(folder / "out/labels/1.2.840.113.txt"));
}

TEST_CASE("a DICOMDIR that is named stands for the images that it lists") {
  const test::TemporaryFolder folder;
  const auto result = pipeline({dicom("disc/DICOMDIR"), "-o", folder / "out"});
  CHECK(result.exit_code == 3);  // the third is not there
  const auto lines = results(folder / "out");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["file"] == "IMAGES/IM1");
  CHECK(lines[1]["status"] == "ok");
  CHECK(lines[2]["file"] == "IMAGES/IM3");
  CHECK_THAT(lines[2]["error"].get<std::string>(), Catch::Contains("No such file"));
}

TEST_CASE("each frame is a result with names of its own, whatever --threads and shards are") {
  const test::TemporaryFolder folder;
  copy_fixture("frames_rle.dcm", folder / "in/wrist.dcm");
  copy_fixture("grey_rle.dcm", folder / "in/hand.dcm");
  const Arguments options = {folder / "in", "--overlay", "--format", "yolo,voc,csv"};
  for (const char* threads : {"1", "4"}) {
    Arguments arguments = options;
    for (const std::string& word :
         {std::string("-o"), std::string(folder / threads), std::string("--threads"), std::string(threads)})
      arguments.push_back(word);
    REQUIRE(pipeline(arguments).exit_code == 0);
  }
  auto one = test::files_of(folder / "1"), four = test::files_of(folder / "4");
  CHECK(one == four);

  const auto lines = results(folder / "1");
  REQUIRE(lines.size() == 4);
  CHECK_FALSE(lines[0].contains("frame"));
  for (int frame : {1, 2, 3}) {
    CHECK(lines[static_cast<std::size_t>(frame)]["file"] == "wrist.dcm");
    CHECK(lines[static_cast<std::size_t>(frame)]["frame"] == frame);
    const std::string picture = "wrist.dcm/000" + std::to_string(frame);
    CHECK(lines[static_cast<std::size_t>(frame)]["bone"]["mask"] == "masks/" + picture + ".png");
    for (const std::string& name : {"masks/" + picture + ".png", "overlays/" + picture + ".jpg",
                                    "labels/" + picture + ".txt", "labels/" + picture + ".xml"})
      CHECK(one.count(name) == 1);
  }
  const Json images = parse_json(one["images.json"], "images.json");
  REQUIRE(images["images"].size() == 4);
  CHECK(images["images"][3]["id"] == 4);
  CHECK(images["images"][3]["file_name"] == "wrist.dcm/0003");

  // A run that is resumed does what is missing, and one that is overwritten leaves nothing behind.
  fs::remove(folder / "1/masks/wrist.dcm/0002.png");
  Arguments resume = options;
  resume.insert(resume.end(), {"-o", folder / "1", "--resume"});
  REQUIRE(pipeline(resume).exit_code == 0);
  CHECK(test::files_of(folder / "1")["results.jsonl"] == one["results.jsonl"]);
  CHECK(fs::exists(folder / "1/masks/wrist.dcm/0002.png"));
  REQUIRE(pipeline({folder / "in/hand.dcm", "-o", folder / "1", "--overwrite"}).exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "1/masks/wrist.dcm"));
  CHECK_FALSE(fs::exists(folder / "1/labels"));
}

TEST_CASE("a DICOM file of several frames under another format's name is refused, and one that is cut off fails once") {
  const test::TemporaryFolder folder;
  copy_fixture("frames_rle.dcm", folder / "in/wrist.png");
  const std::string whole = read_text_file(dicom("frames_rle.dcm"));
  write_file_atomically(folder / "in/cut.dcm", whole.substr(0, whole.size() - 500));
  CHECK(pipeline({folder / "in", "-o", folder / "out"}).exit_code == 5);
  const auto lines = results(folder / "out");
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0]["error"].get<std::string>(), Catch::Contains("truncated"));
  CHECK_THAT(lines[1]["error"].get<std::string>(), Catch::Contains("holds 3 frames"));
}

TEST_CASE("without DCMTK's data dictionary DICOM files fail with a sentence that says what to install") {
  const test::TemporaryFolder folder;
  const Arguments command = {"DCMDICTPATH=" + (folder / "none").string(),
                             test::executable(),
                             "segment",
                             dicom("grey_rle.dcm"),
                             test::data_folder() / "images/grey.png",
                             "-o",
                             folder / "out",
                             "--model",
                             test::kSegmenter};
  const auto result = test::run_process("env", command);
  CHECK(result.exit_code == 3);
  const auto lines = results(folder / "out");
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[0]["error"].get<std::string>(), Catch::Contains("libdcmtk17"));
  CHECK(lines[1]["status"] == "ok");
}

TEST_CASE("eval runs a model over DICOM files, and takes their sizes for YOLO") {
  const test::TemporaryFolder folder;
  copy_fixture("grey_explicit.dcm", folder / "images/hand.dcm");
  copy_fixture("white_is_zero.dcm", folder / "images/1.2.3");
  write_file_atomically(folder / "labels/hand.txt", "0 0.5 0.5 0.25 0.25\n");
  write_file_atomically(folder / "labels/classes.txt", "fractured\n");
  const auto result =
      test::run_bonescan({"eval", "detect", "--ground-truth", folder / "labels", "--images", folder / "images",
                          "--model", test::data_folder() / "models/detector.pt", "-o", "-", "--bootstrap", "0"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK(parse_json(result.output, "report")["images"] == 2);
}

}  // namespace
}  // namespace bonescan
