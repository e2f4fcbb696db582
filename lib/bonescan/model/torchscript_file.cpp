#include "bonescan/model/torchscript_file.h"

#include <fmt/format.h>
#include <torch/csrc/jit/serialization/import.h>

#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

// For clang, LibTorch's own header must come before.
#include <caffe2/serialize/inline_container.h>

#include "bonescan/core/error.h"
#include "bonescan/model/libtorch_error.h"

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

}  // namespace

torch::jit::Module load_module(const std::filesystem::path& path) {
  try {
    return torch::jit::load(path.string(), at::kCPU);
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) throw std::bad_alloc();
    refuse_file(path, error);
  }
}

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

}  // namespace bonescan
