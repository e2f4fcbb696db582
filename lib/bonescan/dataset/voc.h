// Pascal VOC annotation files: one XML an image.
#pragma once

#include <filesystem>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

// Reads every "*.xml" below `folder` that is not hidden: each is an image, with boxes or without. Coordinates are taken
// as they stand, as continuous corners, so that a box is xmax - xmin wide: annotation tools, FracAtlas and this program
// write them so. (The historic VOC files count pixels from 1, both ends included; the difference is one pixel, and the
// report's "plus_one_pixel" figures allow for it.) "difficult" is kept. Image ids count from 1 in byte order of the
// files, category ids from 1 in byte order of the names. What runs in folders below wrote is left out. Throws
// UsageError that names the file.
Dataset read_voc_dataset(const std::filesystem::path& folder);

}  // namespace bonescan
