#include "bonescan/scan/radiograph_table.h"

#include <fmt/format.h>

#include <string>
#include <vector>

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

std::string to_row(const ScanRecord& record) {
  const std::string file = csv_field(name_to_text(picture_name(record)));
  if (record.error) return fmt::format("{},failed,,,,,,,,,{}\n", file, csv_field(to_one_line(*record.error)));
  const bool has_mask = record.bone && record.bone->mask;
  return fmt::format("{},ok,{},{},{},{},{},\n", file, record.width, record.height, bone_fields(record.bone),
                     box_fields(record), has_mask ? csv_field(name_to_text(*record.bone->mask)) : "");
}

}  // namespace

void write_radiograph_table(const std::filesystem::path& path, const RecordSource& records) {
  StreamedFile file(path);
  file.write("file,status,width,height,bone,bone_fraction,bone_confidence,boxes,best_score,mask,error\n");
  records([&](const NumberedRecord& numbered) { file.write(to_row(numbered.record)); });
  file.publish();
}

}  // namespace bonescan
