#include "support/test_paths.h"

#include <cstdlib>

namespace bonescan::test {

namespace fs = std::filesystem;

fs::path data_folder() {
  return fs::path(BONESCAN_SOURCE_DIR) / "tests" / "data";
}

fs::path weights_folder() {
  return fs::path(BONESCAN_SOURCE_DIR) / "weights";
}

std::optional<fs::path> shared_folder() {
  const char* named = std::getenv("BONESCAN_SHARED");
  const fs::path folder = named ? fs::path(named) : fs::path(BONESCAN_SOURCE_DIR).parent_path() / "shared";
  if (!fs::is_directory(folder)) return std::nullopt;
  return folder;
}

fs::path executable() {
  return BONESCAN_EXECUTABLE;
}

}  // namespace bonescan::test
