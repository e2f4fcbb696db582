// Mirror images of what a network is shown.
#pragma once

#include "bonescan/image/network_input.h"

namespace bonescan {

struct Flip {
  bool horizontal = false;  // left to right
  bool vertical = false;    // top to bottom
};

// The mirror image of an input [N, C, H, W].
Tensor flipped(const Tensor& input, Flip flip);

}  // namespace bonescan
