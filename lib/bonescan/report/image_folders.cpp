#include "bonescan/report/image_folders.h"

#include <system_error>
#include <unordered_set>

#include "bonescan/dataset/image_files.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Adds the path of every image to `paths`, but for files that an earlier folder holds, too; ids are positions in it.
Dataset list_images(const std::vector<fs::path>& folders, std::vector<fs::path>& paths) {
  Dataset images;
  std::unordered_set<std::string> of_earlier_folders;
  for (const fs::path& folder : folders) {
    std::unordered_set<std::string> of_this_folder;
    for (const std::string& file : list_image_files(folder, "--images")) {
      std::error_code unresolvable;  // a broken link stands for itself
      fs::path canonical = fs::canonical(folder / file, unresolvable);
      if (unresolvable) canonical = folder / file;
      if (of_earlier_folders.contains(canonical.native())) continue;
      of_this_folder.insert(canonical.native());
      DatasetImage image;
      image.id = static_cast<std::int64_t>(paths.size());
      image.file_name = file;
      images.images.push_back(std::move(image));
      paths.push_back(folder / file);
    }
    of_earlier_folders.merge(of_this_folder);
  }
  return images;
}

}  // namespace

ImageFolders::ImageFolders(const std::vector<fs::path>& folders) : index_(list_images(folders, paths_)) {}

std::optional<fs::path> ImageFolders::find(std::string_view name) const {
  return path_of(index_.find(name));
}

std::optional<fs::path> ImageFolders::find_any_extension(std::string_view name) const {
  return path_of(index_.find_any_extension(name));
}

std::optional<fs::path> ImageFolders::path_of(const std::optional<ImageMatch>& match) const {
  if (!match) return std::nullopt;
  return paths_[static_cast<std::size_t>(match->id)];
}

}  // namespace bonescan
