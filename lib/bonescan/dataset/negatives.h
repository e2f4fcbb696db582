// Radiographs without fractures that an evaluation takes from a folder beside its ground truth.
#pragma once

#include <filesystem>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

// --negatives: adds the images of a folder as images without boxes. Truncated JPEGs and images that the set holds
// already, or leaves out with boxes (same base name), are not added, and a note says how many; one that it leaves out
// without boxes keeps its id. Throws UsageError if nothing could be added.
void add_negatives(Dataset& dataset, const std::filesystem::path& folder);

}  // namespace bonescan
