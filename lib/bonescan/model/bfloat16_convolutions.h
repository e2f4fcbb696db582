// Half precision where it saves time: the convolutions of a network.
#pragma once

#include <c10/core/MemoryFormat.h>

namespace torch::jit {
struct Graph;
}

namespace bonescan {

// Makes the convolutions of a frozen network, where nearly all the time goes, compute in bfloat16; what follows them
// takes whatever type comes, but for max-unpooling, which has no bfloat16 kernel. Everything else, anchors above all,
// keeps its precision. Their weights lie in memory as `format` says.
void run_convolutions_in_bfloat16(torch::jit::Graph& graph, c10::MemoryFormat format);

}  // namespace bonescan
