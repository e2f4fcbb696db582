// What a DICOM file holds besides one picture: several frames, or a list of other files.
#pragma once

#include <filesystem>
#include <vector>

#include "bonescan/image/radiograph.h"

namespace bonescan {

// What a file's first bytes tell.
enum class DicomKind {
  kNone,       // no DICOM, or a file that cannot be read
  kInstance,   // an image, or a report and the like
  kDirectory,  // a DICOMDIR: the index of a disc
};

// Opens regular files only.
DicomKind dicom_kind(const std::filesystem::path& path);

// How many frames read_radiograph can be asked for by ReadOptions::frame. 1 also for a file that cannot be read
// within the limits of `options`: reading it says why.
int count_dicom_frames(const std::filesystem::path& path, const ReadOptions& options);

// The images that a DICOMDIR lists, in its order, as paths below its folder. They need not exist, but where a name is
// there in small letters only, as Linux shows some discs, it is that one. Empty if it lists none, if it cannot be read,
// or if it names files outside of its folder.
std::vector<std::filesystem::path> dicom_directory_images(const std::filesystem::path& path);

}  // namespace bonescan
