// Does a network give what its card promises? Asked when it is loaded, and of every answer.
#pragma once

#include "bonescan/model/model.h"

namespace bonescan {

// What the network says of zeros. Throws UsageError that names the model's file and the network's reason if it fails.
std::vector<Tensor> run_on_zeros(const Model& model, Precision precision);

// Throws UsageError that names the model's file and says what the outputs are and should be unless they are what the
// card promises: one tensor [1, 1, height, width], or class logits [1, A, classes], box deltas [1, A, 4] and anchors
// [A, 4] with A > 0, finite numbers.
void check_outputs(const Model& model, const std::vector<Tensor>& outputs);

// Runs the network on an image. Throws ImageError if it fails, or unless its outputs have these shapes and hold
// numbers alone, of which -inf is one: nothing can be said of the image then. Throws std::bad_alloc where memory runs
// out.
std::vector<Tensor> run_expecting(const Model& model, const Tensor& input,
                                  const std::vector<std::vector<std::int64_t>>& shapes);

}  // namespace bonescan
