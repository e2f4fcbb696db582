// How to recognise the output folder of a run.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace bonescan {

inline constexpr const char* kRunName = "run.json";
inline constexpr const char* kRunSchema = "bonescan.run/1";

inline constexpr const char* kResultsName = "results.jsonl";
inline constexpr const char* kJournalName = "results.jsonl.partial";  // the results while the run goes on
inline constexpr const char* kDetectionsName = "detections.json";
inline constexpr const char* kImagesName = "images.json";  // beside kDetectionsName: what the ids stand for

inline constexpr const char* kMasksFolder = "masks";
inline constexpr const char* kOverlaysFolder = "overlays";
inline constexpr const char* kLabelsFolder = "labels";
// All that hold a file for each radiograph.
inline constexpr std::array kPictureFolders = {kMasksFolder, kOverlaysFolder, kLabelsFolder};

// Whether the folder has a run.json of ours, which even a run that goes on has.
bool holds_run_report(const std::filesystem::path& folder);

// Throws UsageError if a run in the folder goes on, or was interrupted or killed.
void check_run_is_finished(const std::filesystem::path& folder);

// Tells which of the folders below a folder a run has written into. Paths are relative to that folder; so is a run in
// it itself, "".
class RunFolders {
 public:
  explicit RunFolders(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The innermost folder of a run that the file lies in; nullopt if it lies in none.
  std::optional<std::filesystem::path> above(const std::filesystem::path& file);

  // The folder of the run that wrote the file as a mask, an overlay or a label; nullopt if none did.
  std::optional<std::filesystem::path> that_wrote(const std::filesystem::path& file);

 private:
  bool is_run(const std::filesystem::path& below);

  std::filesystem::path folder_;
  std::unordered_map<std::string, bool> runs_;  // by relative path
};

// The files of list_files (folder_files.h) but for those that runs in folders below `folder` wrote. Throws as it does.
std::vector<std::string> list_files_of_others(const std::filesystem::path& folder, const std::string& role,
                                              const std::function<bool(const std::filesystem::path& file)>& wanted);

}  // namespace bonescan
