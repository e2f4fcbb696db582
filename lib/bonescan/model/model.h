// A model: a network, and the card that says what it takes and gives.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "bonescan/model/model_card.h"
#include "bonescan/model/network.h"

namespace bonescan {

enum class Precision { kFloat32, kBFloat16 };

struct ModelOptions {
  std::string device = "cpu";  // "cpu", "cuda" or "cuda:N"
  Precision precision = Precision::kFloat32;
  std::optional<CardFile> card = {};  // overrides or supplies the card inside the file
};

// What is known of a model without its network.
struct ModelDescription {
  std::filesystem::path path;
  std::string sha256;  // of the file
  ModelCard card;
};

// A network with what is known about it.
struct Model : ModelDescription {
  std::unique_ptr<const Network> network;
  Tensor anchors = {};  // of a detector: [A, 4], as its card says
};

// The card of a TorchScript file, without loading the network (a record of the file's archive, or
// `options.card`). Throws UsageError as load_model does.
ModelCard read_model_card(const std::filesystem::path& path, ModelTask task, const ModelOptions& options = {});

// The same with the file's SHA-256. Reads the program, too, so that a broken one is refused here: a tenth of a second.
ModelDescription describe_model(const std::filesystem::path& path, ModelTask task, const ModelOptions& options = {});

// Loads a TorchScript file with the card inside it, and runs its network once, on zeros. Throws UsageError if the file
// is missing, is not TorchScript, has no card, the card does not suit `task`, or the network does not give what it
// promises. Sets for the whole process what makes LibTorch's answers the same in every run: the plain executor of
// TorchScript instead of the profiling one, cuDNN deterministic and without TF32; and what Network::run sets.
Model load_model(const std::filesystem::path& path, ModelTask task, const ModelOptions& options = {});

// Loads the network of a model that was described before.
Model load_model(ModelDescription description, const ModelOptions& options = {});

}  // namespace bonescan
