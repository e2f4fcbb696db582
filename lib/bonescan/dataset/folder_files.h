// The files below a folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bonescan {

// Whether the name ends in the extension (".txt"), in small letters or capitals.
bool has_extension(const std::filesystem::path& file, std::string_view extension);

// What becomes of a folder below the one that is listed if it cannot be read.
enum class UnreadableFolder {
  kRefused,  // UsageError
  kListed,   // it is among the files, and fails when it is read as one
};

// Relative paths in byte order.
struct FolderListing {
  std::vector<std::string> files;
  std::vector<std::string> linked_folders;  // which are not followed
};

// The text of a file that was found, not named. Throws UsageError that names it; also if it is a pipe or the like,
// since nobody may ever write to that.
std::string read_found_text_file(const std::filesystem::path& path);

// All files below `folder` for whose path `wanted` holds, without hidden files and folders. Broken links, pipes and
// the like are among them: reading them as images says what is wrong. Throws UsageError that names `role` ("input",
// "--images") and the folder if it cannot be read.
FolderListing list_files(const std::filesystem::path& folder, const std::string& role,
                         const std::function<bool(const std::filesystem::path& file)>& wanted,
                         UnreadableFolder unreadable = UnreadableFolder::kRefused);

}  // namespace bonescan
