// The lines of results.jsonl.
#include "bonescan/scan/record.h"

#include <catch2/catch.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

ScanRecord hand() {
  ScanRecord record;
  record.file = "left/hand.jpg";
  record.width = 2304;
  record.height = 2880;
  record.bone = {true, 0.25, 0.1f, "masks/left/hand.jpg.png"};
  record.detector_ran = true;
  record.detections = {{"fractured", 0.7f, {10.5, 20.25, 0.1f, 40.0}}};
  return record;
}

TEST_CASE("a record is written with the members of the contract in their order, floats at their shortest") {
  CHECK(to_json_line(to_json(hand())) ==
        R"({"file":"left/hand.jpg","status":"ok","width":2304,"height":2880,)"
        R"("bone":{"present":true,"fraction":0.25,"confidence":0.1,"mask":"masks/left/hand.jpg.png"},)"
        R"("detector_ran":true,"detections":[{"label":"fractured","score":0.7,"box":[10.5,20.25,0.1,40.0]}]})");
}

TEST_CASE("a failed record says only which file and why") {
  ScanRecord record;
  record.file = "cut.jpg";
  record.error = "is truncated";
  CHECK(to_json_line(to_json(record)) == R"({"file":"cut.jpg","status":"failed","error":"is truncated"})");
}

TEST_CASE("a frame of a DICOM file says which it is, and the tags that were asked for") {
  ScanRecord record = hand();
  record.file = "hand.dcm";
  record.frame = 2;
  record.dicom = {{"SOPInstanceUID", "1.2.3"}, {"StudyDate", std::nullopt}};
  const std::string line = to_json_line(to_json(record));
  CHECK_THAT(line, Catch::StartsWith(R"({"file":"hand.dcm","frame":2,"status":"ok","width":2304,"height":2880,)"
                                     R"("dicom":{"SOPInstanceUID":"1.2.3","StudyDate":null},"bone":{)"));
  CHECK(to_json_line(to_json(scan_record_from_json(parse_json(line, "test"), "test"))) == line);
  record.error = "is truncated";
  CHECK(to_json_line(to_json(record)) == R"({"file":"hand.dcm","frame":2,"status":"failed","error":"is truncated"})");
}

TEST_CASE("without a segmenter bone is null") {
  ScanRecord record = hand();
  record.bone.reset();
  CHECK(to_json(record)["bone"].is_null());
}

TEST_CASE("a record that is read back and written again is the same line") {
  ScanRecord failed;
  failed.file = "cut.jpg";
  failed.error = "is truncated";
  ScanRecord without_bone = hand();
  without_bone.bone.reset();
  ScanRecord without_mask = hand();
  without_mask.bone->mask.reset();
  ScanRecord truncated = hand();
  truncated.truncated = true;
  for (const ScanRecord& record : {hand(), failed, without_bone, without_mask, truncated}) {
    const std::string line = to_json_line(to_json(record));
    CHECK(to_json_line(to_json(scan_record_from_json(parse_json(line, "test"), "test"))) == line);
  }
}

TEST_CASE("a side or frame that no image can have is refused, not cut down to one that it could") {
  const std::string line = to_json_line(to_json(hand()));
  const auto with = [&](const char* member, const char* text) {
    Json json = parse_json(line, "test");
    json[member] = parse_json(text, "test");
    return json;
  };
  for (const char* member : {"width", "height", "frame"})
    for (const char* wrong : {"0", "-1", "2147483648", "4294967297", "18446744073709551615", "1e20", "2.5", "true"}) {
      CAPTURE(member, wrong);
      CHECK_THROWS_WITH(scan_record_from_json(with(member, wrong), "results.jsonl:7"),
                        Catch::StartsWith("results.jsonl:7: \"" + std::string(member) + "\" must be"));
    }
  CHECK(scan_record_from_json(with("width", "2147483647"), "x").width == 2147483647);
}

TEST_CASE("what is no record is refused with the name of its source") {
  for (const char* wrong : {"[]", "{}", R"({"file":"a","status":"fine"})", R"({"file":"a","status":"ok","width":"x"})",
                            R"({"file":1,"status":"failed","error":"e"})"})
    CHECK_THROWS_WITH(scan_record_from_json(parse_json(wrong, "x"), "results.jsonl:7"),
                      Catch::StartsWith("results.jsonl:7"));
  CHECK_THROWS_AS(scan_record_from_json(parse_json("{}", "x"), "x"), UsageError);
}

}  // namespace
}  // namespace bonescan
