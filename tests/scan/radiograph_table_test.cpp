// The table of radiographs, row by row.
#include "bonescan/scan/radiograph_table.h"

#include <catch2/catch.hpp>

#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

ScanRecord record_of(const std::string& file, int width, int height) {
  ScanRecord record;
  record.file = file;
  record.width = width;
  record.height = height;
  return record;
}

TEST_CASE("the table has a row for each radiograph, and no value where there is nothing to tell") {
  ScanRecord fractured = record_of("a, b.jpg", 200, 100);
  fractured.bone = {true, 0.25, 0.875, "masks/a, b.jpg.png"};
  fractured.detector_ran = true;
  fractured.detections = {{"fractured", 0.75, {1, 2, 3, 4}}, {"fractured", 0.5, {5, 6, 7, 8}}};
  ScanRecord whole = record_of("whole.png", 30, 40);
  whole.detector_ran = true;
  whole.truncated = true;
  ScanRecord without_bone = record_of("series.dcm", 8, 9);
  without_bone.dicom = {{"(0010,0040)", std::nullopt}, {"BodyPartExamined", "HAND, LEFT"}};
  without_bone.frame = 2;
  without_bone.bone = {false, 0.0, 0.0, std::nullopt};
  ScanRecord broken;
  broken.file = "notes.png";
  broken.error = "not an image, it seems";

  const std::vector<ScanRecord> records = {fractured, whole, without_bone, broken};
  std::vector<std::string> dicom_names;
  for (const ScanRecord& record : records) note_dicom_columns(record, dicom_names);
  const test::TemporaryFolder folder;
  write_radiograph_table(
      folder / "radiographs.csv",
      [&](const auto& visit) {
        for (const ScanRecord& record : records) visit(NumberedRecord{1, record});
      },
      dicom_names);
  CHECK(read_text_file(folder / "radiographs.csv") ==
        "file,status,width,height,truncated,bone,bone_fraction,bone_confidence,boxes,best_score,mask,error,"
        "\"(0010,0040)\",BodyPartExamined\n"
        "\"a, b.jpg\",ok,200,100,false,true,0.25,0.875,2,0.75,\"masks/a, b.jpg.png\",,,\n"
        "whole.png,ok,30,40,true,,,,0,,,,,\n"
        "series.dcm/0002,ok,8,9,false,false,0,0,,,,,,\"HAND, LEFT\"\n"
        "notes.png,failed,,,,,,,,,,\"not an image, it seems\",,\n");
}

}  // namespace
}  // namespace bonescan
