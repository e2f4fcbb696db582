// The image files of a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/dataset/folder_files.h"

namespace bonescan {

// Whether the name has an image's extension, in any case: jpg, jpeg, jpe, jfif, png, tif, tiff, bmp, dcm, dicom or ima.
bool is_image_file_name(const std::filesystem::path& path);

// Whether the name may be that of a DICOM file: it ends in .dcm, .dicom or .ima, in a number (names often are
// UIDs: 1.2.840.113619) or has no extension at all.
bool may_be_dicom_name(const std::filesystem::path& path);

// The path without the extension of its file name; the last number of a UID (1.2.840.113619) is none.
std::filesystem::path without_extension(const std::filesystem::path& path);

// The files below a folder, in paths relative to it and in byte order.
struct FolderSurvey {
  std::vector<std::string> images;          // less what earlier runs wrote (run_folder.h)
  std::vector<std::string> others;          // no images, and in no folder of an earlier run
  std::vector<std::string> earlier_runs;    // their folders, as far as they wrote something that looks like an image
  std::vector<std::string> linked_folders;  // links to folders, which are not followed
};

// Images are the files, as list_files (folder_files.h) gives them for the role `option`, that have an image's
// extension, or none or a number for one and are DICOM by their content; a DICOMDIR is none.
FolderSurvey survey_folder(const std::filesystem::path& folder, const std::string& option,
                           UnreadableFolder unreadable = UnreadableFolder::kRefused);

// The images alone.
std::vector<std::string> list_image_files(const std::filesystem::path& folder, const std::string& option,
                                          UnreadableFolder unreadable = UnreadableFolder::kRefused);

// Whether a JPEG file ends as it should: an end-of-image marker follows the last scan. A cheap check for
// downloads that were cut off; decoding is the full one. True for files of other kinds, false if the file
// cannot be read or is larger than ReadOptions allow by default.
bool has_complete_jpeg_stream(const std::filesystem::path& path);

}  // namespace bonescan
