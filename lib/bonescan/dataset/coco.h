// COCO JSON: ground truth and results.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"

namespace bonescan {

// Reads a COCO annotation file (images, annotations, categories; https://cocodataset.org/#format-data).
// Ids may start at 0 and have gaps, and those of annotations carry no meaning; images need no boxes. A missing "area"
// is the box's area, a missing "iscrowd" is 0. Throws UsageError that names the file and the entry: JSON that does not
// parse, members missing or of the wrong type, ids of images or categories used twice, unknown images or categories,
// negative sizes, two categories of one name that both have boxes (one without any is left out).
Dataset read_coco_dataset(const std::filesystem::path& path);

// The names of its categories alone, in their order; that of one without a name is its id. Throws as above.
std::vector<std::string> read_coco_category_names(const std::filesystem::path& path);

// The COCO results that `text` holds, a list of {image_id, category_id, bbox, score}, in its order. `path`: the file
// that it was read from. Where that is a detections.json with an images.json beside it, as our runs write them, images
// and categories are matched by the names there, and images of the set that are not there are told as PredictedImages
// does; else the ids are those of the data set. A "file_name" goes before the image_id, which may be the image's name
// itself, with or without its extension, as Ultralytics writes it. (It writes the name 2.jpg as the number 2, which is
// taken for an id; a note says where that may be wrong.) Throws UsageError as above, and for scores outside 0..1.
Predictions parse_coco_results(std::string_view text, const std::filesystem::path& path, const Dataset& dataset);

}  // namespace bonescan
