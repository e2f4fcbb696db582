#include "bonescan/model/torchscript_network.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <charconv>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/model/bfloat16_convolutions.h"
#include "bonescan/model/libtorch_error.h"

namespace bonescan {
namespace {

// Each caller computes on its own thread: results then depend neither on the number of threads nor on their timing.
// With OpenMP the setting belongs to the calling thread.
void use_one_thread() {
  thread_local const bool done = [] {
    at::set_num_threads(1);
    return true;
  }();
  static_cast<void>(done);
}

// The profiling executor watches the first runs and then recompiles, which costs time and lets later runs differ from
// the first in the last digit. The graph is optimised once, when it is frozen.
void run_graphs_as_they_are() {
  static std::once_flag once;
  std::call_once(once, [] {
    torch::jit::getExecutorMode() = true;
    torch::jit::getProfilingMode() = false;
  });
}

// On CUDA "fp32" would else be TF32 in convolutions, whose algorithms may differ from run to run.
void compute_alike_everywhere() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
}

at::Tensor to_torch(const Tensor& tensor, c10::Device device, c10::MemoryFormat format) {
  // A copy: a network may write into its input.
  return at::from_blob(const_cast<float*>(tensor.values.data()), tensor.shape).clone(format).to(device);
}

Tensor from_torch(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.to(at::kCPU, at::kFloat).contiguous();
  return {dense.sizes().vec(), {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()}};
}

std::vector<Tensor> from_torch(const c10::IValue& output) {
  if (output.isTensor()) return {from_torch(output.toTensor())};
  std::vector<Tensor> tensors;
  if (output.isTensorList()) {
    for (const at::Tensor& tensor : output.toTensorVector()) tensors.push_back(from_torch(tensor));
    return tensors;
  }
  if (!output.isTuple()) {
    throw std::runtime_error(fmt::format("it returns a {}, not a tensor or a tuple of tensors", output.tagKind()));
  }
  for (const c10::IValue& element : output.toTupleRef().elements()) {
    if (!element.isTensor()) throw std::runtime_error("it returns a tuple that holds more than tensors");
    tensors.push_back(from_torch(element.toTensor()));
  }
  return tensors;
}

class TorchScriptNetwork : public Network {
 public:
  // `origin` is the program that `module` was frozen from.
  TorchScriptNetwork(const torch::jit::Module& module, std::shared_ptr<const torch::jit::CompilationUnit> origin,
                     c10::Device device, c10::MemoryFormat format)
      : origin_(std::move(origin)),
        module_(module),
        forward_(module_.get_method("forward")),
        device_(device),
        format_(format) {}

  std::vector<Tensor> run(const Tensor& input) const override {
    use_one_thread();
    const c10::InferenceMode inference;
    try {
      return from_torch(forward_({to_torch(input, device_, format_)}));
    } catch (const std::exception& error) {
      if (is_out_of_memory(error)) throw std::bad_alloc();
      throw std::runtime_error(one_line_reason(error));
    }
  }

 private:
  std::shared_ptr<const torch::jit::CompilationUnit> origin_;
  torch::jit::Module module_;
  torch::jit::Method forward_;
  c10::Device device_;
  c10::MemoryFormat format_;
};

// Files may hold half-precision weights to be small. Whole numbers stay what they are.
void convert_weights(const torch::jit::Module& module, c10::Device device) {
  const auto convert = [device](at::Tensor tensor) {
    const auto type = tensor.is_floating_point() ? at::kFloat : tensor.scalar_type();
    tensor.set_data(tensor.to(device, type));
  };
  for (const at::Tensor& tensor : module.parameters()) convert(tensor);
  for (const at::Tensor& tensor : module.buffers()) convert(tensor);
}

void arrange_weights(const torch::jit::Module& module, c10::MemoryFormat format) {
  for (at::Tensor tensor : module.parameters()) {
    if (tensor.dim() == 4) tensor.set_data(tensor.contiguous(format));
  }
}

// A graph points at the functions that were inlined into it, and LibTorch names them where an operator fails. Freezing
// inlines functions of a copy, of which it then deletes those that are not "forward" itself: so they are inlined here,
// and what is returned keeps them.
std::shared_ptr<const torch::jit::CompilationUnit> inline_functions(const torch::jit::Module& module) {
  torch::jit::Inline(*module.get_method("forward").graph());
  return module._ivalue()->compilation_unit();
}

// What is fastest depends on the network: an encoder-decoder gains most from channels-last tensors, an SSD from the
// operators that LibTorch's optimisation puts in place of its own, which keep oneDNN's layout between layers. Neither
// suits every network: the optimisation takes no padding='same', and view() no channels-last tensor.
std::unique_ptr<const Network> prepare(torch::jit::Module module, ModelTask task, c10::Device device,
                                       Precision precision, Preparation preparation) {
  module.eval();
  const auto origin = inline_functions(module);
  convert_weights(module, device);
  const bool half = precision == Precision::kBFloat16;
  const bool fastest = preparation == Preparation::kFastest;
  if (fastest && task == ModelTask::kDetection && !half && device.is_cpu()) {
    return std::make_unique<TorchScriptNetwork>(torch::jit::optimize_for_inference(module), origin, device,
                                                c10::MemoryFormat::Contiguous);
  }
  const auto format = fastest ? c10::MemoryFormat::ChannelsLast : c10::MemoryFormat::Contiguous;
  arrange_weights(module, format);
  const torch::jit::Module frozen = torch::jit::freeze(module);
  if (half) run_convolutions_in_bfloat16(*frozen.get_method("forward").graph(), format);
  return std::make_unique<TorchScriptNetwork>(frozen, origin, device, format);
}

}  // namespace

c10::Device find_device(const std::string& name) {
  const std::string right = "it should be cpu, cuda or cuda:N with the number N of a CUDA device";
  if (name == "cpu") return at::kCPU;
  int number = 0;
  if (name != "cuda") {
    const std::string prefix = "cuda:";
    const char* const end = name.data() + name.size();
    if (!name.starts_with(prefix)) throw UsageError(fmt::format("--device {} is not known; {}", name, right));
    const auto parsed = std::from_chars(name.data() + prefix.size(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < 0 || number > 127) {
      throw UsageError(fmt::format("--device {} is not known; {}", name, right));
    }
  }
  const auto devices = static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  if (number >= devices) {
    throw UsageError(fmt::format("--device {}: this LibTorch finds {}; --device cpu always works", name,
                                 counted(static_cast<std::size_t>(devices), "CUDA device", "CUDA devices")));
  }
  return c10::Device(at::kCUDA, static_cast<c10::DeviceIndex>(number));
}

std::unique_ptr<const Network> make_network(torch::jit::Module module, const ModelDescription& description,
                                            c10::Device device, Precision precision, Preparation preparation) {
  use_one_thread();
  run_graphs_as_they_are();
  compute_alike_everywhere();
  try {
    return prepare(std::move(module), description.card.task, device, precision, preparation);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    throw UsageError(
        fmt::format("{} cannot be prepared for inference; it should be a scripted or traced network with a forward "
                    "method ({})",
                    description.path.string(), one_line_reason(error)));
  }
}

}  // namespace bonescan
