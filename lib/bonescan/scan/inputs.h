// Which files a run works on, in which order, and what they are called in its results.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/image/radiograph.h"
#include "bonescan/scan/shard.h"

namespace bonescan {

// What the user named.
struct InputSelection {
  std::vector<std::string> names;             // files, folders, globs
  std::optional<std::filesystem::path> list;  // names; "-" is standard input
  std::optional<Shard> shard;
};

// One input file.
struct InputFile {
  std::string path;  // to open
  // Relative to the input folder, '/' between parts; never absolute, never with "..".
  std::string file;
  int frame = 0;  // from 1, of a DICOM file of several frames; 0 for a file of one picture
  // 1-based position among all inputs before sharding: the image_id of detections.json, so that
  // the results of all shards can be joined.
  std::int64_t id = 0;
};

struct InputSet {
  std::filesystem::path folder;  // what `file` is relative to: absolute, symbolic links resolved
  std::vector<InputFile> files = {};
  std::int64_t found = 0;         // inputs before sharding
  std::string names_sha256 = {};  // of all files: relative name, "/", frames, a zero byte; in their order
};

// Resolves names, then those of the list, which are its lines (a byte order mark and CRLF are allowed), or where it
// holds NUL bytes what stands before each (find -print0): a folder stands for the radiographs below it (as
// survey_folder of dataset/image_files.h finds them, less what lies below `left_out`) in byte order of their
// relative paths; a name that does not exist and has *, ? or [ is a glob (glob(7)). A file that is named is taken
// whatever its extension. A file that turns up twice, by whatever name, counts once, where it came first. A DICOMDIR
// that is named stands for the images that it lists; each frame of a DICOM file is an input (files whose names
// may_be_dicom_name are looked into, within the limits of `read`). The input folder is the folder named, the parent of
// the only file named, or the deepest common parent of several names.
//
// Throws UsageError if a name does not exist, a glob matches nothing, a folder cannot be read or is `left_out` itself,
// what is named lies in masks/, overlays/ or labels/ of it, or nothing is found at all. A name in the list that does
// not exist is an input all the same: it fails by itself when it is read.
InputSet find_inputs(const InputSelection& selection, std::istream& standard_input,
                     const std::filesystem::path& left_out = {}, const ReadOptions& read = {});

}  // namespace bonescan
