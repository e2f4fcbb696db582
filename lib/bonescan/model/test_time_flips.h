// Test-time augmentation: an SSD's answer on a picture and its three mirror images, averaged anchor by anchor.
#pragma once

#include <functional>
#include <vector>

#include "bonescan/model/model.h"

namespace bonescan {

// For each anchor of a detector the index of its mirror image, left to right and top to bottom, in the network's input.
struct MirroredAnchors {
  std::vector<int> horizontal;
  std::vector<int> vertical;
};

// Throws UsageError that names the model if an anchor has no mirror image among the anchors.
MirroredAnchors mirror_anchors(const Model& model, AnchorFormat format);

// Runs a network on the input [1, C, H, W] as it is, mirrored left to right, top to bottom, and both; returns heads
// like the network's own, (class logits, box deltas, anchors) of one picture: the logits are the logarithms of the mean
// softmax probabilities, the deltas means of the mirrored deltas.
std::vector<Tensor> run_with_flips(const std::function<std::vector<Tensor>(const Tensor& input)>& run,
                                   const Tensor& input, const MirroredAnchors& mirrored);

}  // namespace bonescan
