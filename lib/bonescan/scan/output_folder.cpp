#include "bonescan/scan/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <initializer_list>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/core/streamed_file.h"
#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/scan/box_formats.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Removes a file and the folders below `top` that it leaves empty.
void remove_with_empty_folders(const fs::path& top, const std::string& name) {
  if (!stays_below(name)) return;
  std::error_code error;
  fs::remove(top / name, error);
  for (fs::path folder = fs::path(name).parent_path(); !folder.empty(); folder = folder.parent_path())
    if (!fs::remove(top / folder, error)) return;  // fails where something is left in it
}

// Which files a run writes.
struct RunFiles {
  bool results = false;  // with radiographs.csv, run.json and the journal
  bool boxes = false;    // detections.json and images.json
  bool masks = false;
  bool overlays = false;
  std::set<BoxFormat> formats = {};
  bool class_names = false;  // beside the labels

  bool labels() const { return formats.contains(BoxFormat::kYolo) || formats.contains(BoxFormat::kVoc); }
  bool table() const { return formats.contains(BoxFormat::kCsv); }
};

// By the run.json in the folder of a run; what that does not tell may have been written.
RunFiles written_by_run(const fs::path& folder) {
  if (!holds_run(folder)) return {};
  RunFiles written{.results = true,
                   .boxes = true,
                   .masks = true,
                   .overlays = true,
                   .formats = {BoxFormat::kYolo, BoxFormat::kVoc, BoxFormat::kCsv}};
  try {
    const Json run = read_json_file(folder / kRunName);
    if (const Json* const overlay = find_by_path(run, "settings.overlay")) {
      written.overlays = *overlay == true;
      written.masks = find_by_path(run, "settings.segmenter") != nullptr;
      written.boxes = find_by_path(run, "settings.detector") != nullptr;
    }
    if (find_by_path(run, "formats")) {
      written.formats = formats_of_run(run);
      written.class_names = written.formats.contains(BoxFormat::kYolo);
    }
  } catch (const UsageError&) {
  }
  return written;
}

void remove_files_of_picture(const fs::path& folder, const std::string& picture, const RunFiles& written) {
  if (written.masks) remove_with_empty_folders(folder, mask_name(picture));
  if (written.overlays) remove_with_empty_folders(folder, overlay_name(picture));
  if (written.formats.contains(BoxFormat::kYolo)) remove_with_empty_folders(folder, label_name(picture, ".txt"));
  if (written.formats.contains(BoxFormat::kVoc)) remove_with_empty_folders(folder, label_name(picture, ".xml"));
}

// The files in the folder itself that are written for all radiographs together, and whether a run has written each.
std::vector<std::pair<const char*, bool>> files_of_all(const RunFiles& written) {
  return {{kResultsName, written.results},  {kJournalName, written.results}, {kRadiographsName, written.results},
          {kDetectionsName, written.boxes}, {kImagesName, written.boxes},    {kTableName, written.table()},
          {kRunName, written.results}};  // the last: it tells what the others are
}

// Removes what a run wrote for the inputs in its results.
void remove_files_of_records(const fs::path& folder, const char* results_name, const RunFiles& written) {
  std::ifstream results(folder / results_name, std::ios::binary);
  for (std::string line; std::getline(results, line);) {
    const Json record = Json::parse(line, nullptr, false);  // not an exception: the last line may be cut off
    if (!record.is_object() || !record.contains("file") || !record["file"].is_string()) continue;
    const Json frame = record.value("frame", Json(0));
    const std::string picture =
        picture_name(text_to_name(record["file"].get<std::string>()), frame.is_number_integer() ? frame.get<int>() : 0);
    remove_files_of_picture(folder, picture, written);
  }
}

// Removes nothing where no run has been: a folder may hold a detections.json of somebody else.
void remove_earlier_run(const fs::path& folder) {
  const RunFiles written = written_by_run(folder);
  if (!written.results) return;
  for (const char* results : {kResultsName, kJournalName}) remove_files_of_records(folder, results, written);
  if (written.class_names) remove_with_empty_folders(folder, kYoloNamesName);
  for (const auto& [name, is_of_run] : files_of_all(written))
    if (is_of_run) fs::remove(folder / name);
}

// Removes what was being written when an earlier process was killed, from the folder itself and those of a run in it.
void remove_unfinished_files(const fs::path& folder) {
  std::vector<fs::path> left_behind;
  const auto consider = [&left_behind](const fs::directory_entry& entry) {
    if (entry.is_regular_file() && entry.path().filename().native().starts_with(kUnfinishedPrefix))
      left_behind.push_back(entry.path());
  };
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) consider(entry);
  for (const char* below : kPictureFolders)
    if (fs::is_directory(folder / below))
      for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder / below)) consider(entry);
  for (const fs::path& path : left_behind) fs::remove(path);
}

// top/FILE with `suffix` added to its last part. The files below top end in one of `endings`: a folder that could have
// the name of one, "x.jpg.png" beside "x.jpg", gets a '~', and one that has a '~' there another: two names stay two.
std::string name_below(const fs::path& top, const fs::path& file, const std::string& suffix,
                       std::initializer_list<std::string_view> endings) {
  fs::path below = top;
  for (const fs::path& folder : file.parent_path()) {
    const std::string name = folder;
    const std::string_view stem = std::string_view(name).substr(0, name.find_last_not_of('~') + 1);
    const bool like_a_file =
        std::any_of(endings.begin(), endings.end(), [stem](std::string_view ending) { return stem.ends_with(ending); });
    below /= like_a_file ? name_with_suffix(name, "~") : name;
  }
  return below / name_with_suffix(file.filename(), suffix);
}

// Files of the same names, and hand-made masks and labels in folders of the same names, would be replaced one by one.
void check_holds_nothing_of_others(const fs::path& folder) {
  const RunFiles written = written_by_run(folder);
  const auto any_file = [](const fs::path&) { return true; };
  const auto refuse = [&folder](const char* name, const char* mark) {
    throw UsageError(fmt::format("--output {} holds {}{}, which no run of bonescan has written; name another folder",
                                 folder.string(), name, mark));
  };
  std::error_code error;
  for (const auto& [name, is_of_run] : files_of_all(written))
    if (!is_of_run && fs::exists(fs::symlink_status(folder / name, error))) refuse(name, "");  // a link to nowhere, too
  for (const auto& [name, is_of_run] :
       {std::pair(kMasksFolder, written.masks), std::pair(kOverlaysFolder, written.overlays),
        std::pair(kLabelsFolder, written.labels())})
    if (!is_of_run && fs::is_directory(folder / name, error) &&
        !list_files(folder / name, "--output", any_file).files.empty())
      refuse(name, "/");
}

void check_same_run(const fs::path& folder, const Json& settings) {
  if (!holds_run(folder)) return;  // nothing to go on with
  if (!holds_run_report(folder))
    throw UsageError(fmt::format(
        "--resume: {} holds results but no run.json that says how they were made; use --overwrite", folder.string()));
  const Json run = read_json_file(folder / kRunName);
  const Json* const found = find_by_path(run, "settings");
  const Json earlier = found && found->is_object() ? *found : Json::object();
  if (const auto member = first_difference(settings, earlier))
    throw UsageError(
        fmt::format("--resume: the run in {} had another \"{}\" ({}, now {}); name another --output or use --overwrite",
                    folder.string(), *member, to_json_line(earlier.value(*member, Json())),
                    to_json_line(settings.value(*member, Json()))));
}

}  // namespace

std::string picture_name(const std::string& file, int frame) {
  return frame == 0 ? file : fmt::format("{}/{:04}", file, frame);
}

std::string picture_name(const InputFile& input) {
  return picture_name(input.file, input.frame);
}
std::string picture_name(const ScanRecord& record) {
  return picture_name(record.file, record.frame);
}

std::string mask_name(const std::string& picture) {
  return name_below(kMasksFolder, picture, ".png", {".png"});
}
std::string overlay_name(const std::string& picture) {
  return name_below(kOverlaysFolder, picture, ".jpg", {".jpg"});
}

std::string label_name(const std::string& picture, const std::string& extension) {
  return name_below(kLabelsFolder, without_extension(picture), extension, {".txt", ".xml", ".yaml"});
}

bool stays_below(const fs::path& name) {
  return name.is_relative() && std::find(name.begin(), name.end(), fs::path("..")) == name.end();
}

void check_output_folder(const fs::path& folder, ExistingOutput existing, const Json& settings,
                         std::string_view options) {
  std::error_code error;
  if (!fs::exists(folder, error)) return;
  if (!fs::is_directory(folder, error))
    throw UsageError(fmt::format("--output {} is not a folder; name a folder that is empty or new", folder.string()));
  const bool empty = fs::is_empty(folder, error);
  if (error) throw UsageError(fmt::format("--output {} cannot be read: {}", folder.string(), error.message()));
  if (empty) return;
  check_holds_nothing_of_others(folder);
  if (existing == ExistingOutput::kRefuse)
    throw UsageError(fmt::format("--output {} is not empty; name another folder, or use {}", folder.string(), options));
  if (existing == ExistingOutput::kResume) check_same_run(folder, settings);
}

void prepare_output_folder(const fs::path& folder, ExistingOutput existing, FolderLock& lock) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UsageError(fmt::format("--output {} cannot be made: {}", folder.string(), error.message()));
  check_can_be_written_to("--output", folder);
  if (!lock.held()) lock = FolderLock(folder);
  try {
    if (existing != ExistingOutput::kRefuse) remove_unfinished_files(folder);
    if (existing == ExistingOutput::kOverwrite) remove_earlier_run(folder);
    // The journal, where there is one, holds at least what the results hold.
    if (existing == ExistingOutput::kResume && fs::exists(folder / kResultsName) && !fs::exists(folder / kJournalName))
      fs::rename(folder / kResultsName, folder / kJournalName);
  } catch (const fs::filesystem_error& failure) {
    throw OutputError(fmt::format("--output {} cannot be used: {}", folder.string(), failure.code().message()));
  }
}

void remove_picture_files(const fs::path& folder, const std::vector<std::string>& pictures) {
  if (pictures.empty()) return;
  const RunFiles written = written_by_run(folder);
  for (const std::string& picture : pictures) remove_files_of_picture(folder, picture, written);
}

bool holds_run(const fs::path& folder) {
  std::error_code error;
  return holds_run_report(folder) || fs::exists(folder / kJournalName, error);
}

void remove_run(const fs::path& folder) {
  try {
    remove_earlier_run(folder);
  } catch (const fs::filesystem_error&) {  // the caller is reporting another error already
  }
}

void check_can_be_written_to(const std::string& option, const fs::path& folder) {
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return;
  throw UsageError(fmt::format("{} {} cannot be written to: {}; name another folder", option, folder.string(),
                               system_reason(errno)));
}

}  // namespace bonescan
