#include "bonescan/dataset/folder_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "bonescan/core/error.h"

namespace bonescan {

namespace fs = std::filesystem;

std::vector<std::string> list_files(const fs::path& folder, const std::string& role,
                                    const std::function<bool(const fs::path& file)>& wanted) {
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, error);
  if (error)
    throw UsageError(fmt::format("{} {} cannot be read as a folder: {}", role, folder.string(), error.message()));
  std::vector<std::string> files;
  fs::path at = folder;  // the folder that is opened next, should that fail
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (error) break;
    at = entries->path();
    if (at.filename().native().starts_with('.')) {
      entries.disable_recursion_pending();
    } else if (std::error_code unknown; !entries->is_directory(unknown) && wanted(at)) {
      files.push_back(at.lexically_relative(folder).string());
    }
  }
  if (error) throw UsageError(fmt::format("{} {} cannot be read: {}", role, at.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace bonescan
