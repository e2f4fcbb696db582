// Names of the files in the output folder, and whether a run may write into it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/dataset/run_folder.h"  // the names of run.json, masks/, overlays/ and labels/
#include "bonescan/scan/folder_lock.h"
#include "bonescan/scan/inputs.h"
#include "bonescan/scan/record.h"

namespace bonescan {

// What to do with an output folder that is not empty.
enum class ExistingOutput {
  kRefuse,
  kResume,     // go on with the run that it holds
  kOverwrite,  // remove the run that it holds, if any, and begin anew
};

// What a picture is called in the names of files that are its own, and in formats that know no frames: the relative
// name of its file, and of a frame (from 1) that name as a folder, as in wrist.dcm/0012. No other input can have such a
// name, since wrist.dcm is no folder, and only files whose names may_be_dicom_name are split into frames.
std::string picture_name(const std::string& file, int frame);
std::string picture_name(const InputFile& input);
std::string picture_name(const ScanRecord& record);

// Names below the output folder. `picture` is a picture_name, whose extension stays: hand.png and hand.jpg have two
// masks. Where a name would be too long for a file system, it is cut (name_with_suffix of core/file_name.h). A folder
// whose name ends as the files there do gets a '~', so that no file can need its place: masks/x.jpg.png is that of
// x.jpg, and masks/x.jpg.png~/y.jpg.png that of x.jpg.png/y.jpg.
std::string mask_name(const std::string& picture);     // masks/PICTURE.png
std::string overlay_name(const std::string& picture);  // overlays/PICTURE.jpg

// labels/PICTURE with its extension replaced by `extension` (".txt", ".xml"), as YOLO and Pascal VOC
// tools look for them; a number (1.2.840.113619) is no extension, and stays.
std::string label_name(const std::string& picture, const std::string& extension);

inline constexpr const char* kRadiographsName = "radiographs.csv";
inline constexpr const char* kTableName = "results.csv";           // of the boxes
inline constexpr const char* kYoloNamesName = "labels/data.yaml";  // of the classes

// Whether a name is relative and has no "..", so that it stays below the folder that it is relative to.
bool stays_below(const std::filesystem::path& name);

// Checks that a run may write into `folder`; changes nothing. Throws UsageError if it holds something under the names
// of a run's files, or in masks/, overlays/ or labels/, that no run in it has written; or if it is not empty and
// `existing` is kRefuse, with the `options` that would help, or kResume and the run in it differs from it in a member
// of `settings` (of its run.json).
void check_output_folder(const std::filesystem::path& folder, ExistingOutput existing, const Json& settings,
                         std::string_view options = "--resume or --overwrite");

// Makes the folder, and leaves in it what `existing` says: with kOverwrite, every file of the earlier run that its
// results or its journal tell of goes and others stay; with kResume, finished results are the journal again. What a
// killed process left half written goes. `lock` is that of the folder, taken before check_output_folder(), so that
// nobody changes what was checked; of a folder that is new, it is taken here. Throws UsageError if the folder cannot be
// made or written to, or is in use by another run, OutputError if it cannot be changed.
void prepare_output_folder(const std::filesystem::path& folder, ExistingOutput existing, FolderLock& lock);

// Removes what the run in the folder, by its run.json, writes for each picture, and the folders that this leaves empty.
void remove_picture_files(const std::filesystem::path& folder, const std::vector<std::string>& pictures);

// Whether a run has been in the folder: its journal or a run.json of ours are there.
bool holds_run(const std::filesystem::path& folder);

// Removes the run that the folder holds, as far as it can be removed; the folder stays.
void remove_run(const std::filesystem::path& folder);

// Throws UsageError that names `option` if files cannot be made in the folder.
void check_can_be_written_to(const std::string& option, const std::filesystem::path& folder);

}  // namespace bonescan
