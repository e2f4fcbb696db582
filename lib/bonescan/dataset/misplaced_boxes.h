// Boxes that may not be what they are taken for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/core/box.h"
#include "bonescan/dataset/dataset.h"

namespace bonescan {

// Adds to `notes` what a report should say of boxes that are beyond the borders of their images, that have no area, or
// that all lie within the first pixel: other images, another order of the four numbers or parts of the image in place
// of pixels may be behind it. `role` says whose they are ("ground truth"). The images are those of `dataset`; one whose
// size it does not know has no borders.
void note_misplaced_boxes(std::span<const GroundTruthBox> boxes, const Dataset& dataset, std::string_view role,
                          std::vector<std::string>& notes);
void note_misplaced_boxes(std::span<const DetectedBox> boxes, const Dataset& dataset, std::string_view role,
                          std::vector<std::string>& notes);

}  // namespace bonescan
