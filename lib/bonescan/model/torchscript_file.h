// The TorchScript file that a model is kept in: its program. network.h has its card.
#pragma once

#include <filesystem>

namespace torch::jit {
struct Module;
}

namespace bonescan {

// The program of the file, on the processor. Throws UsageError where it cannot be read, std::bad_alloc where memory
// runs out.
torch::jit::Module load_module(const std::filesystem::path& path);

}  // namespace bonescan
