// Half precision where it saves time: the convolutions of a network.
#pragma once

namespace torch::jit {
struct Graph;
}

namespace bonescan {

// Makes the convolutions of a frozen network, where nearly all the time goes, compute in bfloat16; what follows them
// takes whatever type comes, but for max-unpooling, which has no bfloat16 kernel. Everything else, anchors above all,
// keeps its precision.
void run_convolutions_in_bfloat16(torch::jit::Graph& graph);

}  // namespace bonescan
