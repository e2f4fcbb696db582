// Images that data sets and masks name, as files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bonescan/dataset/folder_files.h"
#include "bonescan/dataset/image_index.h"

namespace bonescan {

// The images below a folder, listed once.
class ImageFolder {
 public:
  // Throws UsageError that names --images if the folder cannot be read, or one below it where that is refused.
  explicit ImageFolder(const std::filesystem::path& folder, UnreadableFolder unreadable = UnreadableFolder::kRefused);

  // As ImageIndex: by the relative path, then by a base name that only one of these images has, and then the same
  // without regard to the extension. nullopt if no image has the name, or several have.
  std::optional<std::filesystem::path> find_any_extension(std::string_view name) const;

  // Whether find_any_extension finds nothing because several images have the name.
  bool has_several(std::string_view name) const { return index_.has_several(name); }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> files_;  // the ids of the index are positions here
  ImageIndex index_;
};

}  // namespace bonescan
