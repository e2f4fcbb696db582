#include "bonescan/model/model.h"

#include <ATen/core/ivalue.h>  // for clang: before LibTorch's other headers
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/sha256.h"
#include "bonescan/model/network_output.h"
#include "bonescan/model/torchscript_file.h"
#include "bonescan/model/torchscript_network.h"

namespace bonescan {
namespace {

void check_is_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    if (::access(path.c_str(), R_OK) == 0) return;
    throw UsageError(fmt::format("the model {} cannot be read: {}", path.string(), system_reason(errno)));
  }
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
    text = options.card->text;
  } else if (text.empty()) {
    throw UsageError(
        fmt::format("{} has no model card inside (bonescan.json); name one with --model-card", path.string()));
  }
  ModelCard card = parse_model_card(text, options.card ? options.card->path.string() : path.string());
  check_task(card, task, path);
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
  Model model{std::move(description), nullptr};
  const c10::Device device = find_device(options.device);
  const auto try_out = [&](torch::jit::Module module, Preparation preparation) {
    model.network = make_network(std::move(module), model, device, options.precision, preparation);
    return run_on_zeros(model, options.precision);
  };
  torch::jit::Module module = load_module(model.path);
  std::vector<Tensor> outputs;
  try {
    outputs = try_out(std::move(module), Preparation::kFastest);
  } catch (const UsageError&) {  // reads the file again, so that a network is never in memory twice
    model.network.reset();
    outputs = try_out(load_module(model.path), Preparation::kPlain);
  }
  check_outputs(model, outputs);
  if (model.card.task == ModelTask::kDetection) model.anchors = std::move(outputs[2]);
  return model;
}

}  // namespace bonescan
