#include "support/test_paths.h"

#include <cstdlib>

#include "support/skip.h"

namespace bonescan::test {

namespace fs = std::filesystem;

fs::path data_folder() {
  return fs::path(BONESCAN_SOURCE_DIR) / "tests" / "data";
}

fs::path dicom(const std::string& name) {
  return data_folder() / "dicom" / name;
}

fs::path weights_folder() {
  return fs::path(BONESCAN_SOURCE_DIR) / "weights";
}

std::optional<fs::path> shared(const std::string& below) {
  const char* named = std::getenv("BONESCAN_SHARED");
  const fs::path path = (named ? fs::path(named) : fs::path(BONESCAN_SOURCE_DIR).parent_path() / "shared") / below;
  if (!fs::exists(path)) return std::nullopt;
  return path;
}

std::optional<fs::path> shared_or_skipped(const std::string& below) {
  const auto path = shared(below);
  if (!path) skip("shared/" + below + " is not there");
  return path;
}

fs::path executable() {
  return BONESCAN_EXECUTABLE;
}

}  // namespace bonescan::test
