// The image files of a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

// Whether the name has an image's extension: jpg, jpeg, png, tif, tiff, bmp or dcm, in any case.
bool is_image_file_name(const std::filesystem::path& path);

// Whether the name may be that of a DICOM file: it ends in .dcm, in a number (names often are UIDs: 1.2.840.113619) or
// has no extension at all.
bool may_be_dicom_name(const std::filesystem::path& path);

// Paths relative to `folder`, in byte order, of all files below it with an image's extension, and of those without one
// or with a number for one that are DICOM by their content; hidden files and folders are skipped, and so are DICOMDIRs.
// Broken links, pipes and the like are among them: reading them says what is wrong. `option` names the option in the
// UsageError that is thrown if the folder cannot be read.
std::vector<std::string> list_image_files(const std::filesystem::path& folder, const std::string& option);

// Whether a JPEG file ends as it should: an end-of-image marker follows the last scan. A cheap check for
// downloads that were cut off; decoding is the full one. True for files of other kinds, false if the file
// cannot be read.
bool has_complete_jpeg_stream(const std::filesystem::path& path);

// --negatives: adds the images of a folder as images without boxes. Truncated JPEGs and images that the
// set holds already (same base name) are not added, and a note says how many.
void add_negatives(Dataset& dataset, const std::filesystem::path& folder);

}  // namespace bonescan
