// Where tests find fixtures and put what they write.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bonescan/core/temporary_folder.h"

namespace bonescan::test {

// tests/data in the source tree.
std::filesystem::path data_folder();

// The DICOM file of that name in tests/data/dicom.
std::filesystem::path dicom(const std::string& name);

// The source tree's weights.
std::filesystem::path weights_folder();

// What lies beside a checkout, since it is too large for the repository: `below` ("data/FracAtlas", "eval-cases") in
// $BONESCAN_SHARED, else in ../shared. nullopt if it is not there.
std::optional<std::filesystem::path> shared(const std::string& below);

// For a test that is nothing without it: says that the test is skipped.
std::optional<std::filesystem::path> shared_or_skipped(const std::string& below);

// The bonescan executable of this build.
std::filesystem::path executable();

using bonescan::TemporaryFolder;

}  // namespace bonescan::test
