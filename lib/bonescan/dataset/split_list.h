// Lists of image names that say which images of a set count.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

// The names of a CSV file or plain list, one image a line. A header may name the column (image_id,
// image, file, file_name or filename); without one the first column counts. A byte order mark, CRLF
// and blank lines are allowed. Throws UsageError if the file cannot be read or names no image.
std::vector<std::string> read_split_list(const std::filesystem::path& path);

// What becomes of names in a list that stand for no image.
enum class UnknownNames { kRefused, kNoted };

// Keeps the images that the names stand for (with or without extension); the others become
// left_out. Names of images that are left out already get a note. Throws UsageError that begins with `list` if a name
// stands for no image; with kNoted, if none of them stands for one.
void keep_listed_images(Dataset& dataset, const std::vector<std::string>& names, const std::string& list,
                        UnknownNames unknown = UnknownNames::kRefused);

}  // namespace bonescan
