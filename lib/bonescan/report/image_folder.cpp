#include "bonescan/report/image_folder.h"

#include "bonescan/dataset/image_files.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Ids are positions in `files`.
Dataset images_of(const std::vector<std::string>& files) {
  Dataset images;
  for (const std::string& file : files) {
    DatasetImage image;
    image.id = static_cast<std::int64_t>(images.images.size());
    image.file_name = file;
    images.images.push_back(std::move(image));
  }
  return images;
}

}  // namespace

ImageFolder::ImageFolder(const fs::path& folder)
    : folder_(folder), files_(list_image_files(folder, "--images")), index_(images_of(files_)) {}

std::optional<fs::path> ImageFolder::find(std::string_view name) const {
  return path_of(index_.find(name));
}

std::optional<fs::path> ImageFolder::find_any_extension(std::string_view name) const {
  return path_of(index_.find_any_extension(name));
}

std::optional<fs::path> ImageFolder::path_of(const std::optional<ImageMatch>& match) const {
  if (!match) return std::nullopt;
  return folder_ / files_[static_cast<std::size_t>(match->id)];
}

}  // namespace bonescan
