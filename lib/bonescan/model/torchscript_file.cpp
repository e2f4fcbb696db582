#include "bonescan/model/torchscript_file.h"

#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// For clang, LibTorch's own header must come before.
#include <caffe2/serialize/inline_container.h>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/sha256.h"
#include "bonescan/model/libtorch_error.h"
#include "bonescan/model/network.h"

namespace bonescan {
namespace {

constexpr const char* kCardRecord = "extra/bonescan.json";  // an "extra file" of torch.jit.save

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

torch::jit::Module load_module(const std::filesystem::path& path) {
  try {
    return torch::jit::load(path.string(), at::kCPU);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    refuse_file(path, error);
  }
}

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

}  // namespace bonescan
