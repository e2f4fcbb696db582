// LibTorch behind the network interface: TorchScript files, prepared for inference on one thread at a time.
#include <ATen/Parallel.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/cuda.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/sha256.h"
#include "bonescan/model/network.h"
#include "bonescan/model/runtime.h"

namespace bonescan {
namespace {

constexpr const char* kCardRecord = "extra/bonescan.json";  // an "extra file" of torch.jit.save
// In the messages of LibTorch's allocators for the processor and for CUDA, and in that of the C++ library.
constexpr std::string_view kOutOfMemory[] = {"can't allocate memory", "out of memory", "bad_alloc"};

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

// LibTorch's messages hold a stack trace; what went wrong stands in the last line before it.
std::string one_line_reason(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  text = text.substr(0, text.find("\nException raised from"));
  text.erase(text.find_last_not_of(" \n") + 1);
  text = text.substr(text.rfind('\n') + 1);
  const std::string prefix = "RuntimeError: ";
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// LibTorch has no exception of its own for this, and what is thrown inside a TorchScript program becomes a text.
bool is_out_of_memory(const std::exception& error) {
  const std::string_view text = error.what();
  return dynamic_cast<const std::bad_alloc*>(&error) ||
         std::any_of(std::begin(kOutOfMemory), std::end(kOutOfMemory),
                     [text](std::string_view sign) { return text.find(sign) != std::string_view::npos; });
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
  TorchScriptNetwork(const torch::jit::Module& module, c10::Device device, c10::MemoryFormat format)
      : module_(module), forward_(module_.get_method("forward")), device_(device), format_(format) {}

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
  torch::jit::Module module_;
  torch::jit::Method forward_;
  c10::Device device_;
  c10::MemoryFormat format_;
};

c10::Device parse_device(const std::string& name) {
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
    throw UsageError(fmt::format("--device {}: this LibTorch finds {} CUDA device(s); --device cpu always works", name,
                                 devices == 0 ? "no" : std::to_string(devices)));
  }
  return c10::Device(at::kCUDA, static_cast<c10::DeviceIndex>(number));
}

[[noreturn]] void refuse_file(const std::filesystem::path& path, const std::exception& error) {
  if (std::string_view(error.what()).find("Unknown builtin op") != std::string_view::npos) {
    throw UsageError(
        fmt::format("{} uses an operator that LibTorch lacks; export the network up to its raw heads, without "
                    "torchvision's operators",
                    path.string()));
  }
  throw UsageError(fmt::format(
      "{} is not a TorchScript file that can be read; it should be one that torch.jit.save wrote, whole ({})",
      path.string(), one_line_reason(error)));
}

// The text of the card inside a TorchScript archive; empty if there is none.
std::string read_inner_card(const std::filesystem::path& path) {
  try {
    caffe2::serialize::PyTorchStreamReader archive(path.string());
    // What torch.save writes is such an archive, too, but holds no code.
    if (!archive.hasRecord("constants.pkl")) throw std::runtime_error("it holds no program");
    if (!archive.hasRecord(kCardRecord)) return {};
    const auto [data, size] = archive.getRecord(kCardRecord);
    return {static_cast<const char*>(data.get()), size};
  } catch (const std::exception& error) {
    refuse_file(path, error);
  }
}

torch::jit::Module load_module(const std::filesystem::path& path) {
  try {
    return torch::jit::load(path.string(), at::kCPU);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    refuse_file(path, error);
  }
}

void check_task(const std::filesystem::path& path, const ModelCard& card, ModelTask task) {
  if (card.task == task) return;
  const auto name = [](ModelTask of) { return of == ModelTask::kSegmentation ? "segmentation" : "detection"; };
  throw UsageError(
      fmt::format("{} is a model for {}; here it should be one for {}", path.string(), name(card.task), name(task)));
}

// Files may hold half-precision weights to be small. Whole numbers stay what they are.
void convert_weights(const torch::jit::Module& module, c10::Device device) {
  const auto convert = [device](at::Tensor tensor) {
    const auto type = tensor.is_floating_point() ? at::kFloat : tensor.scalar_type();
    tensor.set_data(tensor.to(device, type));
  };
  for (const at::Tensor& tensor : module.parameters()) convert(tensor);
  for (const at::Tensor& tensor : module.buffers()) convert(tensor);
}

template <typename Function>
void for_each_node(torch::jit::Block* block, const Function& function) {
  for (torch::jit::Node* node : block->nodes()) {
    for (torch::jit::Block* inner : node->blocks()) for_each_node(inner, function);
    function(node);
  }
}

void cast_input(torch::jit::Node* node, std::size_t index, at::ScalarType type) {
  torch::jit::Graph& graph = *node->owningGraph();
  const torch::jit::WithInsertPoint before(node);
  torch::jit::Value* const value = node->input(index);
  if (const auto constant = torch::jit::toIValue(value)) {
    if (!constant->isTensor()) return;  // no bias
    const at::Tensor tensor = constant->toTensor().to(type);
    const bool image_like = tensor.dim() == 4;
    node->replaceInput(index,
                       graph.insertConstant(image_like ? tensor.contiguous(at::MemoryFormat::ChannelsLast) : tensor));
  } else {
    node->replaceInput(index, graph.insert(c10::aten::to, {value, type}));
  }
}

// Convolutions, where nearly all the time goes, compute in bfloat16; what follows them takes whatever type comes, but
// for max-unpooling, which has no bfloat16 kernel. Everything else, anchors above all, keeps its precision.
void run_convolutions_in_bfloat16(torch::jit::Graph& graph) {
  for_each_node(graph.block(), [](torch::jit::Node* node) {
    const std::string kind = node->kind().toUnqualString();
    if (kind == "conv2d" || kind == "_convolution" || kind == "convolution") {
      for (const std::size_t input : {0, 1, 2}) cast_input(node, input, at::kBFloat16);
    } else if (kind == "max_unpool2d") {
      cast_input(node, 0, at::kFloat);
    }
  });
  torch::jit::EliminateDeadCode(graph.block());
}

// What is fastest depends on the network: an encoder-decoder gains most from channels-last tensors, an SSD from the
// operators that LibTorch's optimisation puts in place of its own, which keep oneDNN's layout between layers.
std::unique_ptr<const Network> prepare(torch::jit::Module module, ModelTask task, c10::Device device,
                                       Precision precision) {
  module.eval();
  convert_weights(module, device);
  const bool half = precision == Precision::kBFloat16;
  if (task == ModelTask::kDetection && !half && device.is_cpu()) {
    return std::make_unique<TorchScriptNetwork>(torch::jit::optimize_for_inference(module), device,
                                                c10::MemoryFormat::Contiguous);
  }
  for (const at::Tensor& tensor : module.parameters()) {
    if (tensor.dim() == 4) at::Tensor(tensor).set_data(tensor.contiguous(at::MemoryFormat::ChannelsLast));
  }
  const torch::jit::Module frozen = torch::jit::freeze(module);
  if (half) run_convolutions_in_bfloat16(*frozen.get_method("forward").graph());
  return std::make_unique<TorchScriptNetwork>(frozen, device, c10::MemoryFormat::ChannelsLast);
}

void check_is_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return;
  if (error && error != std::errc::no_such_file_or_directory)
    throw UsageError(fmt::format("the model {} cannot be read: {}", path.string(), error.message()));
  throw UsageError(fmt::format(
      "{} is not a file; it should be a model, a TorchScript file with its card inside; the default models are "
      "looked for in the folder that BONESCAN_WEIGHTS names",
      path.string()));
}

}  // namespace

ModelCard read_model_card(const std::filesystem::path& path, ModelTask task, const ModelOptions& options) {
  check_is_file(path);
  std::string text = read_inner_card(path);
  if (options.card) {
    text = read_text_file(*options.card);
  } else if (text.empty()) {
    throw UsageError(
        fmt::format("{} has no model card inside (bonescan.json); name one with --model-card", path.string()));
  }
  ModelCard card = parse_model_card(text, options.card ? options.card->string() : path.string());
  check_task(path, card, task);
  return card;
}

ModelDescription describe_model(const std::filesystem::path& path, ModelTask task, const ModelOptions& options) {
  ModelCard card = read_model_card(path, task, options);
  load_module(path);  // for what it throws: the first radiograph that needs the model would be too late
  return {path, sha256_of_file(path), std::move(card)};
}

Model load_model(const std::filesystem::path& path, ModelTask task, const ModelOptions& options) {
  ModelCard card = read_model_card(path, task, options);
  return load_model({path, sha256_of_file(path), std::move(card)}, options);
}

Model load_model(ModelDescription description, const ModelOptions& options) {
  Model model{std::move(description.path), std::move(description.sha256), std::move(description.card), nullptr};
  const c10::Device device = parse_device(options.device);
  use_one_thread();
  run_graphs_as_they_are();
  torch::jit::Module module = load_module(model.path);
  try {
    model.network = prepare(std::move(module), model.card.task, device, options.precision);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    throw UsageError(
        fmt::format("{} cannot be prepared for inference; it should be a scripted or traced network with a forward "
                    "method ({})",
                    model.path.string(), one_line_reason(error)));
  }
  return model;
}

NetworkRuntime network_runtime() {
  NetworkRuntime runtime{TORCH_VERSION, {"cpu"}};
  for (std::size_t i = 0; torch::cuda::is_available() && i < torch::cuda::device_count(); ++i)
    runtime.devices.push_back(fmt::format("cuda:{}", i));
  return runtime;
}

}  // namespace bonescan
