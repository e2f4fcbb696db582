#include "bonescan/scan/radiograph_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "bonescan/core/file_name.h"
#include "bonescan/core/streamed_file.h"
#include "bonescan/dataset/csv.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

std::string bone_fields(const std::optional<BoneRecord>& bone) {
  return bone ? fmt::format("{},{},{}", bone->present, bone->fraction, bone->confidence) : ",,";
}

std::string box_fields(const ScanRecord& record) {
  if (!record.detector_ran) return ",";
  const std::vector<Detection>& best_first = record.detections;
  return best_first.empty() ? "0," : fmt::format("{},{}", best_first.size(), best_first[0].score);
}

// With a comma before each.
std::string dicom_fields(const std::vector<DicomValue>& values, const std::vector<std::string>& names) {
  std::string fields;
  for (const std::string& name : names) {
    const auto value =
        std::find_if(values.begin(), values.end(), [&name](const DicomValue& one) { return one.name == name; });
    fields += ',';
    if (value != values.end() && value->text) fields += csv_field(*value->text);
  }
  return fields;
}

std::string to_row(const ScanRecord& record) {
  const std::string file = csv_field(name_to_text(picture_name(record)));
  if (record.error) return fmt::format("{},failed,,,,,,,,,,{}", file, csv_field(to_one_line(*record.error)));
  const bool has_mask = record.bone && record.bone->mask;
  return fmt::format("{},ok,{},{},{},{},{},{},", file, record.width, record.height, record.truncated,
                     bone_fields(record.bone), box_fields(record),
                     has_mask ? csv_field(name_to_text(*record.bone->mask)) : "");
}

}  // namespace

void note_dicom_columns(const ScanRecord& record, std::vector<std::string>& names) {
  if (!names.empty()) return;
  for (const DicomValue& value : record.dicom) names.push_back(value.name);
}

void write_radiograph_table(const std::filesystem::path& path, const RecordSource& records,
                            const std::vector<std::string>& dicom_names) {
  StreamedFile file(path);
  file.write("file,status,width,height,truncated,bone,bone_fraction,bone_confidence,boxes,best_score,mask,error");
  for (const std::string& name : dicom_names) file.write(',' + csv_field(name));
  file.write("\n");
  records([&](const NumberedRecord& numbered) {
    const ScanRecord& record = numbered.record;
    file.write(to_row(record) + dicom_fields(record.dicom, dicom_names) + '\n');
  });
  file.publish();
}

}  // namespace bonescan
