// The ground truth of an evaluation, in whatever form it is given.
#pragma once

#include <filesystem>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/report/evaluation_request.h"
#include "bonescan/report/image_folder.h"

namespace bonescan {

// --fracatlas, or --ground-truth as a COCO file, a folder of Pascal VOC xml or of YOLO txt (with --images), less what
// --split and --split-list leave out, plus --negatives. `read` is for images whose sizes are needed. Throws UsageError.
Dataset read_ground_truth(const EvaluationSources& sources, const ReadOptions& read);

// The folder that the images' names are relative to: --images, or that of --fracatlas; nullopt without either.
// Throws UsageError if it is none.
OptionalPath images_folder(const EvaluationSources& sources);

// The path of every image, in the order of `dataset`: its own, or that of its name in `folder`; empty where there is
// none.
std::vector<std::filesystem::path> find_images(const Dataset& dataset, const ImageFolder& folder);

}  // namespace bonescan
