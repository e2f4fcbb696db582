// What a finished run found, for spreadsheets and statistics programs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/scan/record.h"

namespace bonescan {

// Of the first record of a DICOM file, the others have the same, the names that its values have; `names` is empty until
// there is one.
void note_dicom_columns(const ScanRecord& record, std::vector<std::string>& names);

// One row for each radiograph, those that failed among them (RFC 4180, with a header): file (a picture_name), status,
// width, height, truncated (true or false), bone (likewise), bone_fraction, bone_confidence, boxes (how many),
// best_score, mask, error, and what DICOM headers hold under each of `dicom_names`. A field is empty where there is
// nothing to tell: bone where no segmenter ran, boxes where no detector did. Throws OutputError.
void write_radiograph_table(const std::filesystem::path& path, const RecordSource& records,
                            const std::vector<std::string>& dicom_names);

}  // namespace bonescan
