// What a finished run found, for spreadsheets and statistics programs.
#pragma once

#include <filesystem>

#include "bonescan/scan/record.h"

namespace bonescan {

// One row for each radiograph, those that failed among them (RFC 4180, with a header): file (a picture_name), status,
// width, height, bone (true or false), bone_fraction, bone_confidence, boxes (how many), best_score, mask, error. A
// field is empty where there is nothing to tell: bone where no segmenter ran, boxes where no detector did. Throws
// OutputError.
void write_radiograph_table(const std::filesystem::path& path, const RecordSource& records);

}  // namespace bonescan
