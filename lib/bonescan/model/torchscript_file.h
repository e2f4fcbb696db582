// The TorchScript file that a model is kept in: its program and its card.
#pragma once

#include <filesystem>
#include <string>

namespace torch::jit {
struct Module;
}

namespace bonescan {

// The program of the file, on the processor. Throws UsageError where it cannot be read, std::bad_alloc where memory
// runs out.
torch::jit::Module load_module(const std::filesystem::path& path);

// The text of the card inside the file; empty if there is none. Throws as load_module does, but reads no program.
std::string read_inner_card(const std::filesystem::path& path);

}  // namespace bonescan
