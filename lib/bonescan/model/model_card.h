// The model card: what a model file says about itself ("bonescan.model/1").
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/image/network_input.h"

namespace bonescan {

enum class ModelTask { kSegmentation, kDetection };

// "segmentation" or "detection", as cards write it.
const char* task_name(ModelTask task);

// How the anchors of a detection model are written.
enum class AnchorFormat { kCentreSize, kCorners };

struct ModelCard {
  std::string source;  // the file that it was read from, for messages
  std::string name;
  ModelTask task = ModelTask::kSegmentation;
  InputSpec input;
  std::array<double, 4> box_weights{};            // of a detector: divisors of dx, dy, dw, dh
  std::optional<AnchorFormat> anchor_format;      // of a detector; unset: told from the anchors' values
  std::vector<std::string> classes;               // [0] is the background
  std::map<std::string, double> operating_point;  // the members of "operating_point" that are numbers
  Json json;                                      // the whole card as it was read
};

// Parses and checks a card. `source` names it in messages. Throws UsageError with one sentence
// that says which member is missing or wrong and what it should be.
ModelCard parse_model_card(std::string_view text, const std::string& source);

// Throws UsageError that names the model's file unless the card is for `task`.
void check_task(const ModelCard& card, ModelTask task, const std::filesystem::path& model);

// A card beside a model, as it was read: once, since a pipe gives it but once.
struct CardFile {
  std::filesystem::path path;
  std::string text;
};

// Throws UsageError that names the file if it cannot be read; what it holds is for parse_model_card.
CardFile read_card_file(const std::filesystem::path& path);

}  // namespace bonescan
