#include "bonescan/model/bfloat16_convolutions.h"

#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/script.h>

#include <string>

namespace bonescan {
namespace {

template <typename Function>
void for_each_node(torch::jit::Block* block, const Function& function) {
  for (torch::jit::Node* node : block->nodes()) {
    for (torch::jit::Block* inner : node->blocks()) for_each_node(inner, function);
    function(node);
  }
}

void cast_input(torch::jit::Node* node, std::size_t index, at::ScalarType type, at::MemoryFormat format) {
  torch::jit::Graph& graph = *node->owningGraph();
  const torch::jit::WithInsertPoint before(node);
  torch::jit::Value* const value = node->input(index);
  if (const auto constant = torch::jit::toIValue(value)) {
    if (!constant->isTensor()) return;  // no bias
    const at::Tensor tensor = constant->toTensor().to(type);
    node->replaceInput(index, graph.insertConstant(tensor.dim() == 4 ? tensor.contiguous(format) : tensor));
  } else {
    node->replaceInput(index, graph.insert(c10::aten::to, {value, type}));
  }
}

}  // namespace

void run_convolutions_in_bfloat16(torch::jit::Graph& graph, at::MemoryFormat format) {
  for_each_node(graph.block(), [format](torch::jit::Node* node) {
    const std::string kind = node->kind().toUnqualString();
    if (kind == "conv2d" || kind == "_convolution" || kind == "convolution") {
      for (const std::size_t input : {0, 1, 2}) cast_input(node, input, at::kBFloat16, format);
    } else if (kind == "max_unpool2d") {
      cast_input(node, 0, at::kFloat, format);
    }
  });
  torch::jit::EliminateDeadCode(graph.block());
}

}  // namespace bonescan
