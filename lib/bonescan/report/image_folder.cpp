#include "bonescan/report/image_folder.h"

#include "bonescan/dataset/image_files.h"

namespace bonescan {

namespace fs = std::filesystem;

ImageFolder::ImageFolder(const fs::path& folder, UnreadableFolder unreadable)
    : folder_(folder), files_(list_image_files(folder, "--images", unreadable)), index_(files_) {}

std::optional<fs::path> ImageFolder::find_any_extension(std::string_view name) const {
  const auto match = index_.find_any_extension(name);
  if (!match) return std::nullopt;
  return folder_ / files_[static_cast<std::size_t>(match->id)];
}

}  // namespace bonescan
