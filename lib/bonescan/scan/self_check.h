// Do the models work on this machine? Each is run on a sample radiograph and compared with a stored result.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/scan/model_selection.h"

namespace bonescan {

// weights/self_check.jpg, a radiograph of FracAtlas, and beside it self_check.json: what models find on it, by the
// SHA-256 of their files, as stored by scripts/store_self_check.sh.
inline constexpr const char* kSelfCheckSample = "self_check.jpg";
inline constexpr const char* kSelfCheckResults = "self_check.json";

struct ModelCheck {
  std::string role;  // "segmenter" or "detector"
  std::filesystem::path path;
  std::string sha256;  // empty if the file is no model that can be read
  Json card;           // likewise null
  // What it finds on the sample: of a segmenter {"bone_fraction", "bone_confidence"}, of a detector its best box,
  // whatever its score: {"label", "score", "box"}. null if it could not run.
  Json found;
  Json stored;                        // likewise; null where nothing is stored for this file
  double seconds = 0.0;               // one run over the sample, the model loaded
  std::vector<std::string> problems;  // a sentence each; empty: the model works
};

// Checks both models; what is wrong with one stands in its `problems`, and nothing is thrown for it. Numbers may differ
// from the stored ones by 0.01 (at bf16 0.05), corners of boxes by that share of the picture's longer side: processors
// and versions of LibTorch round differently.
std::vector<ModelCheck> check_models(const ModelSelection& selection);

}  // namespace bonescan
