#include "bonescan/dataset/run_folder.h"

#include <spdlog/spdlog.h>

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

bool EarlierRuns::wrote(const fs::path& file) {
  fs::path above;
  for (const fs::path& part : file.parent_path()) {
    if ((part == kMasksFolder || part == kOverlaysFolder || part == kLabelsFolder) && is_run(above)) return true;
    above /= part;
  }
  return false;
}

bool EarlierRuns::is_run(const fs::path& below) {
  const auto [known, is_new] = runs_.try_emplace(below.native(), false);
  if (is_new) {
    const fs::path run = folder_ / below;
    known->second = holds_run_report(run);
    if (known->second) spdlog::warn("what the run in {} wrote is no input", run.string());
  }
  return known->second;
}

}  // namespace bonescan
