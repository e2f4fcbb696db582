#include "bonescan/scan/record.h"

#include <fmt/format.h>

#include <limits>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"

namespace bonescan {
namespace {

// Networks compute in float: more digits than a float holds are noise.
double rounded(double value) {
  return shortest_double(static_cast<float>(value));
}

Json bone_to_json(const std::optional<BoneRecord>& bone) {
  if (!bone) return nullptr;
  return {{"present", bone->present},
          {"fraction", rounded(bone->fraction)},
          {"confidence", rounded(bone->confidence)},
          {"mask", bone->mask ? Json(name_to_text(*bone->mask)) : Json(nullptr)}};
}

BoneRecord bone_from_json(const Json& json) {
  BoneRecord bone{json.at("present"), json.at("fraction"), json.at("confidence"), std::nullopt};
  if (!json.at("mask").is_null()) bone.mask = text_to_name(json.at("mask").get<std::string>());
  return bone;
}

Json detection_to_json(const Detection& detection) {
  const Box& box = detection.box;
  return {{"label", detection.label},
          {"score", rounded(detection.score)},
          {"box", {rounded(box.x), rounded(box.y), rounded(box.width), rounded(box.height)}}};
}

Detection detection_from_json(const Json& json) {
  Detection detection;
  detection.label = json.at("label");
  detection.score = json.at("score");
  const Json& box = json.at("box");
  detection.box = {box.at(0), box.at(1), box.at(2), box.at(3)};
  return detection;
}

Json dicom_to_json(const std::vector<DicomValue>& values) {
  Json json = Json::object();
  for (const DicomValue& value : values) json[value.name] = value.text ? Json(*value.text) : Json(nullptr);
  return json;
}

std::vector<DicomValue> dicom_from_json(const Json& json) {
  std::vector<DicomValue> values;
  for (const auto& [name, text] : json.items())
    values.push_back({name, text.is_null() ? std::nullopt : std::optional(text.get<std::string>())});
  return values;
}

// A whole number that an int holds; the JSON library would cut a larger one down without a word.
int count_from_json(const Json& json, const char* member, int least, const std::string& source) {
  const Json& value = json.at(member);
  if (value.is_number_integer() && least <= value && value <= std::numeric_limits<int>::max()) return value;
  throw UsageError(fmt::format("{}: \"{}\" must be a whole number from {} to {}", source, member, least,
                               std::numeric_limits<int>::max()));
}

ScanRecord ok_record_from_json(const Json& json, const std::string& source) {
  ScanRecord record;
  record.width = count_from_json(json, "width", 1, source);
  record.height = count_from_json(json, "height", 1, source);
  record.truncated = json.value("truncated", false);
  if (json.contains("dicom")) record.dicom = dicom_from_json(json.at("dicom"));
  if (!json.at("bone").is_null()) record.bone = bone_from_json(json.at("bone"));
  record.detector_ran = json.at("detector_ran");
  for (const Json& detection : json.at("detections")) record.detections.push_back(detection_from_json(detection));
  return record;
}

}  // namespace

Json to_json(const ScanRecord& record) {
  Json json = {{"file", name_to_text(record.file)}};
  if (record.frame > 0) json["frame"] = record.frame;
  json["status"] = record.error ? "failed" : "ok";
  if (record.error) {
    json["error"] = to_one_line(*record.error);
    return json;
  }
  json["width"] = record.width;
  json["height"] = record.height;
  if (record.truncated) json["truncated"] = true;
  if (!record.dicom.empty()) json["dicom"] = dicom_to_json(record.dicom);
  json["bone"] = bone_to_json(record.bone);
  json["detector_ran"] = record.detector_ran;
  json["detections"] = Json::array();
  for (const Detection& detection : record.detections) json["detections"].push_back(detection_to_json(detection));
  return json;
}

Json failure_json(const ScanRecord& record) {
  Json json = to_json(record);
  json.erase("status");
  return json;
}

ScanRecord scan_record_from_json(const Json& json, const std::string& source) {
  try {
    const std::string status = json.at("status");
    ScanRecord record;
    if (status == "ok") {
      record = ok_record_from_json(json, source);
    } else if (status == "failed") {
      record.error = json.at("error").get<std::string>();
    } else {
      throw UsageError(fmt::format("{}: \"status\" is \"{}\"; it must be \"ok\" or \"failed\"", source, status));
    }
    record.file = text_to_name(json.at("file").get<std::string>());
    if (json.contains("frame")) record.frame = count_from_json(json, "frame", 1, source);
    return record;
  } catch (const Json::exception& error) {
    const std::string reason = error.what();  // "[json.exception.out_of_range.403] key 'bone' not found"
    throw UsageError(fmt::format("{} is not a record of a bonescan results.jsonl: {}", source,
                                 reason.substr(reason.find("] ") + 2)));
  }
}

}  // namespace bonescan
