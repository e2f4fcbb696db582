#include "bonescan/scan/inputs.h"

#include <fmt/format.h>
#include <glob.h>
#include <spdlog/spdlog.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <istream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <unordered_map>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/sha256.h"
#include "bonescan/dataset/image_files.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/dataset/text_lines.h"
#include "bonescan/image/dicom_file.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// A file with its real location: links in the folders on the way resolved, so that two names of one
// file agree and no ".." is left. There may be a million: a text takes a fraction of a path's memory.
struct FoundFile {
  std::string path;     // to open
  std::string located;  // real parent folder / name
};

// A broken link stands for itself.
fs::path without_links(const fs::path& path) {
  std::error_code unresolvable;
  const fs::path real = fs::weakly_canonical(path, unresolvable);
  return unresolvable ? path : real;
}

// What has been found so far, each file once.
struct Findings {
  std::vector<FoundFile> files;
  std::unordered_map<std::string, std::size_t> seen;  // by canonical path, the place in `files`
  std::set<std::string> folders;                      // those that are named, and the parents of files that are
  std::set<std::string> others;                       // in the folders, but no radiographs
  std::set<fs::path> earlier_runs;                    // in the folders; what they wrote is not an input
  std::set<fs::path> linked_folders;                  // likewise; they are not followed
  std::set<fs::path> other_names;                     // of what is an input already: links

  // Below a folder without links.
  void add(const fs::path& path, const fs::path& located) {
    std::error_code error;
    add(path, located, fs::is_symlink(located, error) ? without_links(located) : located);
  }

  void add(const fs::path& path, const fs::path& located, const fs::path& canonical) {
    const auto [first, is_new] = seen.emplace(canonical.native(), files.size());
    if (is_new)
      files.push_back({path.native(), located.native()});
    else if (files[first->second].located != located.native())
      other_names.insert(located);
  }
};

// What cannot be resolved, such as links in a circle, stands for itself: it fails when it is read.
fs::path real_folder(const fs::path& folder) {
  // Absolute first: a relative name of which nothing exists would stay relative.
  std::error_code unresolvable;
  const fs::path named = fs::absolute(folder.empty() ? fs::path(".") : folder, unresolvable);
  if (unresolvable)
    throw UsageError(fmt::format("the working folder is not there any more: {}", unresolvable.message()));
  const fs::path real = fs::weakly_canonical(named, unresolvable);
  return unresolvable ? named.lexically_normal() : real;
}

void add_file(fs::path path, Findings& findings) {
  // A folder that does not exist ("gone/", "gone/..") is a name like any other.
  if (!path.has_filename() || path.filename() == "." || path.filename() == "..")
    path = real_folder(path).lexically_normal().parent_path();
  const fs::path folder = real_folder(path.parent_path());
  findings.folders.insert(folder.native());
  findings.add(path, folder / path.filename());
}

void add_folder(const fs::path& path, const fs::path& left_out, Findings& findings) {
  const fs::path folder = real_folder(path);
  if (folder == left_out)
    throw UsageError(
        fmt::format("input {} is the output folder, too; name another --output, or the results of one run "
                    "would be inputs of the next",
                    path.string()));
  findings.folders.insert(folder.native());
  const std::string below = left_out.lexically_relative(folder).generic_string() + '/';
  const auto is_left_out = [&](const std::string& file) { return !left_out.empty() && file.starts_with(below); };
  const FolderSurvey survey = survey_folder(folder, "input", UnreadableFolder::kListed);
  for (const std::string& file : survey.images)
    if (!is_left_out(file)) findings.add(path / file, folder / file);
  for (const std::string& file : survey.others)
    if (!is_left_out(file)) findings.others.insert((folder / file).native());
  for (const std::string& run : survey.earlier_runs)
    if (!is_left_out(run + '/')) findings.earlier_runs.insert(run.empty() ? folder : folder / run);
  for (const std::string& link : survey.linked_folders)
    if (!is_left_out(link)) findings.linked_folders.insert(folder / link);
}

// A file that the user named.
void add_named_file(const fs::path& path, Findings& findings) {
  const bool is_directory = may_be_dicom_name(path) && dicom_kind(path) == DicomKind::kDirectory;
  const std::vector<fs::path> listed = is_directory ? dicom_directory_images(path) : std::vector<fs::path>();
  if (listed.empty()) return add_file(path, findings);
  const fs::path folder = real_folder(path.parent_path());
  findings.folders.insert(folder.native());
  for (const fs::path& image : listed) {
    const fs::path located = folder / image.lexically_relative(path.parent_path());
    findings.add(image, located, without_links(located));
  }
}

void add_existing(const fs::path& path, const fs::path& left_out, Findings& findings) {
  std::error_code unreadable;  // fails by itself when it is read
  if (fs::is_directory(path, unreadable)) {
    add_folder(path, left_out, findings);
  } else {
    add_named_file(path, findings);
  }
}

// Throws UsageError where that cannot be told.
bool exists(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::none)
    throw UsageError(fmt::format("input {} cannot be reached: {}", path.string(), error.message()));
  return fs::exists(status);
}

// Paths that match, in byte order.
std::vector<std::string> expand_glob(const std::string& pattern) {
  glob_t matches{};
  const std::unique_ptr<glob_t, decltype(&globfree)> owner(&matches, globfree);
  const int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches);
  if (result != 0 && result != GLOB_NOMATCH) throw UsageError(fmt::format("input {} cannot be searched", pattern));
  std::vector<std::string> paths(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  std::erase_if(paths, [](const fs::path& path) {  // of ".*"
    return path.filename() == "." || path.filename() == "..";
  });
  std::sort(paths.begin(), paths.end());
  return paths;
}

void add_name(const std::string& name, const fs::path& left_out, Findings& findings) {
  if (exists(name)) return add_existing(name, left_out, findings);
  if (name.find_first_of("*?[") == std::string::npos)
    throw UsageError(fmt::format("input {} does not exist; name a radiograph, a folder or a quoted glob", name));
  const std::vector<std::string> paths = expand_glob(name);
  if (paths.empty()) throw UsageError(fmt::format("input {} matches no file", name));
  const auto is_left_out = [&left_out](const std::string& path) {
    std::error_code unreadable;
    return fs::is_directory(path, unreadable) && real_folder(path) == left_out;
  };
  for (const std::string& path : paths)
    if (!is_left_out(path)) add_existing(path, left_out, findings);
}

void add_list(const fs::path& list, std::istream& standard_input, const fs::path& left_out, Findings& findings) {
  if (is_image_file_name(list))
    throw UsageError(fmt::format("--list {} has the name of an image; a list holds names, one a line", list.string()));
  const std::string text =
      list == kStandardStream ? std::string(std::istreambuf_iterator<char>(standard_input), {}) : read_text_file(list);
  refuse_utf16(text, fmt::format("--list {}", list.string()));
  const bool ends_with_nul = text.find('\0') != std::string::npos;  // no name holds one
  for (std::string_view name : split_at(without_byte_order_mark(text), ends_with_nul ? '\0' : '\n')) {
    if (!ends_with_nul && name.ends_with('\r')) name.remove_suffix(1);
    if (!name.empty()) add_existing(name, left_out, findings);
  }
}

fs::path deepest_common_parent(const std::set<std::string>& folders) {
  fs::path common = *folders.begin();
  for (const fs::path folder : folders) {
    fs::path shared;
    auto part = common.begin();
    for (auto other = folder.begin(); part != common.end() && other != folder.end() && *part == *other; ++other)
      shared /= *part++;
    common = shared;
  }
  return common;
}

// So that nobody looks for them among the results.
void tell_of_others(const std::set<std::string>& others) {
  if (others.empty()) return;
  constexpr std::size_t kMostKinds = 5;
  std::map<std::string, std::size_t> counts;
  for (const fs::path file : others) ++counts[file.extension().string()];
  std::vector<std::pair<std::size_t, std::string>> kinds;
  for (const auto& [extension, count] : counts)
    kinds.emplace_back(count, extension.empty() ? "without extension" : extension);
  std::stable_sort(kinds.begin(), kinds.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(kinds.size(), kMostKinds); ++i)
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", kinds[i].first, kinds[i].second);
  if (kinds.size() > kMostKinds) text += ", ...";
  spdlog::info("{} in the inputs: {}",
               counted(others.size(), "other file that is not a radiograph", "other files that are not radiographs"),
               text);
}

// Whether one of the folders is what the link leads to, or holds it.
bool is_read_anyway(const fs::path& link, const std::set<std::string>& folders) {
  const fs::path real = real_folder(link);
  return std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first == folder.end();
  });
}

void tell_what_is_left_out(Findings& findings) {
  for (const fs::path& run : findings.earlier_runs)
    spdlog::warn("what the run in {} wrote is not an input", run.string());
  std::set<fs::path>& links = findings.linked_folders;
  std::erase_if(links, [&](const fs::path& link) { return is_read_anyway(link, findings.folders); });
  if (!links.empty())
    spdlog::warn("{} in the inputs not followed ({}); name what shall be read",
                 counted(links.size(), "link to a folder", "links to folders"), links.begin()->string());
  if (const auto& names = findings.other_names; !names.empty())
    spdlog::warn("{} of files that are inputs already left out ({})",
                 counted(names.size(), "other name", "other names"), names.begin()->string());
  tell_of_others(findings.others);
}

// Files there may be removed, by this run or the one that it replaces, before they are read.
void check_none_is_of_the_output(const std::vector<FoundFile>& files, const fs::path& left_out) {
  if (left_out.empty()) return;
  for (const char* const name : kPictureFolders) {
    const std::string below = (left_out / name / "").native();
    for (const FoundFile& file : files)
      if (file.located.starts_with(below))
        throw UsageError(
            fmt::format("input {} lies in {}/ of the output folder; name another --output, or the results of "
                        "one run would be inputs of the next",
                        file.path, name));
  }
}

// For each file; several at once (core/threads.h), as each is opened.
std::vector<int> count_frames(const std::vector<FoundFile>& files, const ReadOptions& read) {
  std::vector<int> frames(files.size(), 1);
  tbb::parallel_for(std::size_t{0}, files.size(), [&](std::size_t i) {
    if (may_be_dicom_name(files[i].path) && dicom_kind(files[i].path) == DicomKind::kInstance)
      frames[i] = count_dicom_frames(files[i].path, read);
  });
  return frames;
}

}  // namespace

InputSet find_inputs(const InputSelection& selection, std::istream& standard_input, const fs::path& left_out,
                     const ReadOptions& read) {
  const fs::path real_left_out = left_out.empty() ? fs::path() : real_folder(left_out);
  Findings findings;
  for (const std::string& name : selection.names) add_name(name, real_left_out, findings);
  if (selection.list) add_list(*selection.list, standard_input, real_left_out, findings);
  if (findings.folders.empty() && selection.list)
    throw UsageError(fmt::format("--list {} names nothing", selection.list->string()));
  if (findings.folders.empty())
    throw UsageError("no input is named; name radiographs, folders or quoted globs, or give --list FILE");
  tell_what_is_left_out(findings);
  if (findings.files.empty())
    throw UsageError("the inputs hold no radiograph (.jpg .jpeg .png .tif .tiff .bmp .dcm, or DICOM of another name)");

  check_none_is_of_the_output(findings.files, real_left_out);
  InputSet inputs{deepest_common_parent(findings.folders)};
  std::string names;
  const std::vector<int> frames = count_frames(findings.files, read);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const FoundFile& found = findings.files[i];
    const std::string file = fs::path(found.located).lexically_relative(inputs.folder).generic_string();
    names.append(file).append(fmt::format("/{}", frames[i])).push_back('\0');
    const bool chosen = !selection.shard || in_shard(file, *selection.shard);
    for (int frame = 1; frame <= frames[i]; ++frame) {
      ++inputs.found;
      if (chosen) inputs.files.push_back({found.path, file, frames[i] > 1 ? frame : 0, inputs.found});
    }
  }
  inputs.names_sha256 = sha256_of_text(names);
  return inputs;
}

}  // namespace bonescan
