#include "bonescan/dataset/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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
  if (!holds_run_report(folder)) return;
  const Json run = read_json_file(folder / kRunName);
  const Json* const status = find_by_path(run, "status");
  if (status && status->is_string() && *status != kFinishedStatus)
    throw UsageError(
        fmt::format("{} holds a run that is not finished (its run.json says \"{}\"); go on with it (--resume) first",
                    folder.string(), status->get<std::string>()));
}

void check_is_whole_run(const fs::path& path) {
  fs::path named = fs::absolute(path).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();  // "labels/"
  constexpr std::array kParts = {kJournalName, kResultsName, kDetectionsName, kMasksFolder, kLabelsFolder};
  const bool is_part = std::find(kParts.begin(), kParts.end(), named.filename()) != kParts.end();
  const fs::path folder = is_part ? named.parent_path() : path;
  check_run_is_finished(folder);
  if (!holds_run_report(folder)) return;
  const Json run = read_json_file(folder / kRunName);
  const Json* const shard = find_by_path(run, "settings.shard");
  if (shard && shard->is_string())
    throw UsageError(fmt::format("{} holds shard {} of a run; merge the shards first (bonescan merge)", folder.string(),
                                 shard->get<std::string>()));
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
