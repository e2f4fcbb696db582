// The networks of tests/data/models, whose answers are arithmetic.
#pragma once

#include <filesystem>
#include <string>

#include "support/test_paths.h"

namespace bonescan::test {

inline std::filesystem::path tiny_model(const std::string& name) {
  return data_folder() / "models" / (name + ".pt");
}

// Those that most tests run: what is brighter than one half is bone, and a bright quadrant is a fracture.
inline const std::string kSegmenter = tiny_model("segmenter");
inline const std::string kDetector = tiny_model("detector");

}  // namespace bonescan::test
