#include "bonescan/dataset/run_folder.h"

#include "bonescan/core/error.h"
#include "bonescan/core/json.h"

namespace bonescan {

namespace fs = std::filesystem;

bool holds_run_report(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_regular_file(folder / kRunName, error)) return false;
  try {
    const Json run = read_json_file(folder / kRunName);
    return run.is_object() && run.value("schema", Json()) == kRunSchema;
  } catch (const UsageError&) {
    return false;
  }
}

std::optional<fs::path> RunFolders::above(const fs::path& file) {
  fs::path folder = file;
  do {
    folder = folder.parent_path();
    if (is_run(folder)) return folder;
  } while (!folder.empty());
  return std::nullopt;
}

std::optional<fs::path> RunFolders::that_wrote(const fs::path& file) {
  fs::path folder;
  for (const fs::path& part : file.parent_path()) {
    if ((part == kMasksFolder || part == kOverlaysFolder || part == kLabelsFolder) && is_run(folder)) return folder;
    folder /= part;
  }
  return std::nullopt;
}

bool RunFolders::is_run(const fs::path& below) {
  const auto [known, is_new] = runs_.try_emplace(below.native(), false);
  if (is_new) known->second = holds_run_report(folder_ / below);
  return known->second;
}

}  // namespace bonescan
