// The folder that a run writes into, as whoever comes across it knows it.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <utility>

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

// Whether the folder has a run.json of ours, which even a run that goes on has.
bool holds_run_report(const std::filesystem::path& folder);

// Tells which of the files below a folder are masks, overlays and labels that an earlier run wrote. Warns of each run.
class EarlierRuns {
 public:
  explicit EarlierRuns(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `file` is relative to the folder.
  bool wrote(const std::filesystem::path& file);

 private:
  bool is_run(const std::filesystem::path& below);

  std::filesystem::path folder_;
  std::unordered_map<std::string, bool> runs_;  // by relative path
};

}  // namespace bonescan
