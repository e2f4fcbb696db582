// Where tests find fixtures and put what they write.
#pragma once

#include <filesystem>
#include <optional>

#include "bonescan/core/temporary_folder.h"

namespace bonescan::test {

// tests/data in the source tree.
std::filesystem::path data_folder();

// The source tree's weights.
std::filesystem::path weights_folder();

// FracAtlas and the evaluation cases that lie beside a checkout: $BONESCAN_SHARED, else ../shared.
// Without it the caller warns and returns: those cases are too large for the repository.
std::optional<std::filesystem::path> shared_folder();

// The bonescan executable of this build.
std::filesystem::path executable();

using bonescan::TemporaryFolder;

}  // namespace bonescan::test
