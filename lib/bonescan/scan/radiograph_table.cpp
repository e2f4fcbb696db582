#include "bonescan/scan/radiograph_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "bonescan/core/file_name.h"
#include "bonescan/core/streamed_file.h"
#include "bonescan/dataset/csv.h"
#include "bonescan/scan/output_folder.h"

namespace bonescan {
namespace {

std::vector<std::string> bone_fields(const std::optional<BoneRecord>& bone) {
  if (!bone) return {"", "", ""};
  return {bone->present ? "true" : "false", fmt::format("{}", bone->fraction), fmt::format("{}", bone->confidence)};
}

std::vector<std::string> box_fields(const ScanRecord& record) {
  if (!record.detector_ran) return {"", ""};
  const std::vector<Detection>& best_first = record.detections;
  return {fmt::format("{}", best_first.size()), best_first.empty() ? "" : fmt::format("{}", best_first[0].score)};
}

std::string to_row(const ScanRecord& record) {
  std::vector<std::string> fields = {csv_field(name_to_text(picture_name(record.file, record.frame)))};
  const auto add = [&fields](const std::vector<std::string>& more) {
    fields.insert(fields.end(), more.begin(), more.end());
  };
  if (record.error) {
    add({"failed", "", "", "", "", "", "", "", "", csv_field(to_one_line(*record.error))});
  } else {
    add({"ok", fmt::format("{}", record.width), fmt::format("{}", record.height)});
    add(bone_fields(record.bone));
    add(box_fields(record));
    add({record.bone && record.bone->mask ? csv_field(name_to_text(*record.bone->mask)) : "", ""});
  }
  return fmt::format("{}\n", fmt::join(fields, ","));
}

}  // namespace

void write_radiograph_table(const std::filesystem::path& path, const RecordSource& records) {
  StreamedFile file(path);
  file.write("file,status,width,height,bone,bone_fraction,bone_confidence,boxes,best_score,mask,error\n");
  records([&](const NumberedRecord& numbered) { file.write(to_row(numbered.record)); });
  file.publish();
}

}  // namespace bonescan
