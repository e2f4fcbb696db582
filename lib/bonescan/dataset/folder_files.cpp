#include "bonescan/dataset/folder_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"

namespace bonescan {

namespace fs = std::filesystem;

bool has_extension(const fs::path& file, std::string_view extension) {
  return in_small_letters(file.extension().string()) == extension;
}

std::string read_found_text_file(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  const bool tells_why = type == fs::file_type::not_found || type == fs::file_type::none;  // when it is opened
  if (type != fs::file_type::regular && !tells_why)
    throw UsageError(fmt::format("{} is not a regular file", path.string()));
  return read_text_file(path);
}

FolderListing list_files(const fs::path& folder, const std::string& role,
                         const std::function<bool(const fs::path& file)>& wanted, UnreadableFolder unreadable) {
  FolderListing listing;
  std::vector<fs::path> waiting = {fs::path()};  // folders, relative to `folder`
  while (!waiting.empty()) {
    const fs::path at = std::move(waiting.back());
    waiting.pop_back();
    std::error_code error;
    fs::directory_iterator entries(at.empty() ? folder : folder / at, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const fs::path name = entries->path().filename();
      if (name.native().starts_with('.')) continue;
      std::error_code unknown;
      if (!entries->is_directory(unknown)) {
        if (wanted(entries->path())) listing.files.push_back(at / name);
      } else if (!entries->is_symlink(unknown)) {
        waiting.push_back(at / name);
      } else {
        listing.linked_folders.push_back(at / name);
      }
    }
    if (!error) continue;
    if (at.empty())
      throw UsageError(fmt::format("{} {} cannot be read as a folder: {}", role, folder.string(), error.message()));
    if (unreadable == UnreadableFolder::kRefused)
      throw UsageError(fmt::format("{} {} cannot be read: {}", role, (folder / at).string(), error.message()));
    listing.files.push_back(at);
  }
  std::sort(listing.files.begin(), listing.files.end());
  std::sort(listing.linked_folders.begin(), listing.linked_folders.end());
  return listing;
}

}  // namespace bonescan
