// YOLO txt: one file an image, one line a box, in parts of the image's size.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// Reads the label files "<image's name>.txt" of `labels` (lines "class x_centre y_centre width height", each part of
// the image's width or height in 0..1) for the images of `images`. An image without a label file is an image without
// boxes. Class names come from data.yaml ("names", in `labels` or the folder above), labels.txt or classes.txt (one
// name a line) or a data.yaml two folders above, else they are the class numbers; category ids are the class numbers.
// Image ids count from 1 in byte order of the image files, whose sizes are read with `read`; one that cannot be read
// may have no boxes. Hidden files, and what runs in folders below wrote, are skipped. Throws UsageError with file and
// line; also for a label file without an image, unless there is a list and it does not name the image.
Dataset read_yolo_dataset(const std::filesystem::path& labels, const std::filesystem::path& images,
                          const ReadOptions& read = {},
                          const std::optional<std::vector<std::string>>& listed = std::nullopt);

// Writes `names`, the class numbers' from 0 on, as the data.yaml that Ultralytics and the readers here know. Throws
// OutputError.
void write_yolo_names(const std::filesystem::path& path, const std::vector<std::string>& names);

// The same lines with a score as sixth number, for the images of `dataset`, which must have sizes. Images without a
// file have no detections, and files of images that the set does not know are left out; notes say how many. Classes are
// matched by name where both the folder and the data set name them (one class and one category, whatever their names
// are), else by number. Throws UsageError with file and line, or if there is no such file at all.
Predictions read_yolo_results(const std::filesystem::path& folder, const Dataset& dataset);

}  // namespace bonescan
