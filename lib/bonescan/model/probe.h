// Does a network give what its card promises? Asked once, when it is loaded.
#pragma once

#include "bonescan/model/network.h"

namespace bonescan {

// Runs the network on zeros. Throws UsageError that names the model's file and says what the output is and should be
// unless that is one tensor [1, 1, height, width].
void check_mask_logits(const Model& model);

// Likewise for class logits [1, A, classes], box deltas [1, A, 4] and anchors [A, 4] with A > 0.
// Returns the anchors.
Tensor check_ssd_heads(const Model& model);

}  // namespace bonescan
