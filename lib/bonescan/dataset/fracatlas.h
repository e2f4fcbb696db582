// The FracAtlas data set as it is downloaded (Abedeen et al., Scientific Data 10, 2023).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

struct FracAtlasOptions {
  std::optional<std::string> split;  // train, valid or test: "Utilities/Fracture Split/<split>.csv"
  bool with_negatives = false;       // add the images of images/Non_fractured
};

// Reads a FracAtlas download: boxes from "Annotations/COCO JSON" (the VOC boxes are rounded), body regions
// from dataset.csv, splits from Utilities. File names are relative to images/ ("Fractured/IMG0000019.jpg").
// What was found wrong in the data is put right: the folder says whether an image is fractured, not
// dataset.csv; of Non_fractured, truncated JPEGs and five images that duplicate a fractured one are no
// negatives. A split names fractured images only and leaves negatives alone. All other images of the
// folder are left_out. Throws UsageError that names the missing part.
Dataset read_fracatlas(const std::filesystem::path& folder, const FracAtlasOptions& options = {});

// The file that lists the images of a split.
std::filesystem::path fracatlas_split_list(const std::filesystem::path& folder, const std::string& split);

// The folder that a FracAtlas data set's file names are relative to.
std::filesystem::path fracatlas_images(const std::filesystem::path& folder);

}  // namespace bonescan
