#include "support/test_paths.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace bonescan::test {

namespace fs = std::filesystem;

fs::path data_folder() { return fs::path(BONESCAN_SOURCE_DIR) / "tests" / "data"; }

fs::path weights_folder() { return fs::path(BONESCAN_SOURCE_DIR) / "weights"; }

std::optional<fs::path> shared_folder() {
  const char* named = std::getenv("BONESCAN_SHARED");
  const fs::path folder = named ? fs::path(named) : fs::path(BONESCAN_SOURCE_DIR).parent_path() / "shared";
  if (!fs::is_directory(folder)) return std::nullopt;
  return folder;
}

fs::path executable() { return BONESCAN_EXECUTABLE; }

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "bonescan-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder could be made");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace bonescan::test
