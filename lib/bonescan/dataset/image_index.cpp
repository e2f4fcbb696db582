#include "bonescan/dataset/image_index.h"

#include <filesystem>

namespace bonescan {
namespace {

namespace fs = std::filesystem;

std::string without_extension(const fs::path& path) {
  return fs::path(path).replace_extension().string();
}

}  // namespace

ImageIndex::ImageIndex(const Dataset& dataset) {
  const auto add_image = [this](const DatasetImage& image, bool left_out) {
    const fs::path path = fs::path(image.file_name).lexically_normal();
    const ImageMatch match{image.id, left_out};
    add(paths_, path.string(), match);
    add(base_names_, path.filename().string(), match);
    add(path_stems_, without_extension(path), match);
    add(base_stems_, path.stem().string(), match);
  };
  for (const DatasetImage& image : dataset.images) add_image(image, false);
  for (const DatasetImage& image : dataset.left_out) add_image(image, true);
}

void ImageIndex::add(Names& names, const std::string& key, const ImageMatch& match) {
  if (key.empty()) return;
  const auto [position, is_new] = names.try_emplace(key, match);
  if (!is_new) position->second.reset();
}

std::optional<ImageMatch> ImageIndex::look_up(const Names& names, const std::string& key) {
  const auto position = names.find(key);
  return position == names.end() ? std::nullopt : position->second;
}

std::optional<ImageMatch> ImageIndex::find(std::string_view name) const {
  const fs::path path = fs::path(name).lexically_normal();
  if (const auto match = look_up(paths_, path.string())) return match;
  return look_up(base_names_, path.filename().string());
}

std::optional<ImageMatch> ImageIndex::find_any_extension(std::string_view name) const {
  if (const auto match = find(name)) return match;
  const fs::path path = fs::path(name).lexically_normal();
  // The name may lack its extension (then all of it is the stem) or have another one.
  for (const fs::path& stem : {path, fs::path(path).replace_extension()}) {
    if (const auto match = look_up(path_stems_, stem.string())) return match;
    if (const auto match = look_up(base_stems_, stem.filename().string())) return match;
  }
  return std::nullopt;
}

}  // namespace bonescan
