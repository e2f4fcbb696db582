#include "bonescan/dataset/run_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "bonescan/core/error.h"
#include "bonescan/core/json.h"
#include "bonescan/dataset/folder_files.h"

namespace bonescan {

namespace fs = std::filesystem;

bool holds_run_report(const fs::path& folder) {
  return begins_with_schema(folder / kRunName, kRunSchema);
}

void check_run_is_finished(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kJournalName, error))
    throw UsageError(
        fmt::format("{} holds a run that is not finished; go on with it (--resume) first", folder.string()));
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
    if (std::find(kPictureFolders.begin(), kPictureFolders.end(), part) != kPictureFolders.end() && is_run(folder))
      return folder;
    folder /= part;
  }
  return std::nullopt;
}

std::vector<std::string> list_files_of_others(const fs::path& folder, const std::string& role,
                                              const std::function<bool(const fs::path& file)>& wanted) {
  std::vector<std::string> files = list_files(folder, role, wanted).files;
  RunFolders runs(folder);
  std::erase_if(files, [&runs](const std::string& file) { return runs.that_wrote(file).has_value(); });
  return files;
}

bool RunFolders::is_run(const fs::path& below) {
  const auto [known, is_new] = runs_.try_emplace(below.native(), false);
  if (is_new) known->second = holds_run_report(folder_ / below);
  return known->second;
}

}  // namespace bonescan
