// Does a network give what its card promises? Asked when it is loaded, and of every answer.
#pragma once

#include "bonescan/model/network.h"

namespace bonescan {

// Runs the network on zeros. Throws UsageError that names the model's file and says what the output is and should be
// unless that is one tensor [1, 1, height, width].
void check_mask_logits(const Model& model);

// Likewise for class logits [1, A, classes], box deltas [1, A, 4] and anchors [A, 4] with A > 0.
// Returns the anchors.
Tensor check_ssd_heads(const Model& model);

// Runs the network on an image. Throws ImageError if it fails, or unless its outputs have these shapes and hold
// numbers alone, of which -inf is one: nothing can be said of the image then. Throws std::bad_alloc where memory runs
// out.
std::vector<Tensor> run_expecting(const Model& model, const Tensor& input,
                                  const std::vector<std::vector<std::int64_t>>& shapes);

}  // namespace bonescan
