// A network behind a small interface: a tensor in, tensors out.
#pragma once

#include <vector>

#include "bonescan/image/network_input.h"

namespace bonescan {

class Network {
 public:
  virtual ~Network() = default;

  // Runs one input [1, C, H, W]. The outputs come in the order in which the program returns them: of mask_logits one
  // tensor [1, 1, H, W], of ssd_heads class logits [1, A, classes], box deltas [1, A, 4] and anchors [A, 4]. May be
  // called from several threads at once; each call uses one thread of its own, so that results do not depend on the
  // number of threads: from then on LibTorch has one thread wherever the calling thread uses it
  // (at::set_num_threads). Throws std::bad_alloc where memory runs out, else std::runtime_error with the network's
  // reason.
  virtual std::vector<Tensor> run(const Tensor& input) const = 0;
};

}  // namespace bonescan
