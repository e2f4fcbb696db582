#include "bonescan/dataset/image_index.h"

#include <filesystem>

#include "bonescan/dataset/image_files.h"

namespace bonescan {

namespace fs = std::filesystem;

ImageIndex::ImageIndex(const Dataset& dataset) {
  for (const DatasetImage& image : dataset.images) add(image.file_name, {image.id, false});
  for (const DatasetImage& image : dataset.left_out) add(image.file_name, {image.id, true});
}

ImageIndex::ImageIndex(std::span<const std::string> file_names) {
  for (std::size_t i = 0; i < file_names.size(); ++i) add(file_names[i], {static_cast<std::int64_t>(i), false});
}

void ImageIndex::add(const std::string& file_name, const ImageMatch& match) {
  const auto enter = [&match](Names& names, const std::string& key) {
    if (key.empty()) return;
    const auto [position, is_new] = names.try_emplace(key, match);
    if (!is_new) position->second.reset();
  };
  const fs::path path = fs::path(file_name).lexically_normal();
  enter(paths_, path.string());
  enter(base_names_, path.filename().string());
  const fs::path stem = without_extension(path);
  enter(path_stems_, stem.string());
  enter(base_stems_, stem.filename().string());
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

bool ImageIndex::has_several(std::string_view name) const {
  const fs::path path = fs::path(name).lexically_normal();
  const auto is_ambiguous = [](const Names& names, const fs::path& key) {
    const auto position = names.find(key.native());
    return position != names.end() && !position->second;
  };
  const fs::path stem = without_extension(path);
  return is_ambiguous(paths_, path) || is_ambiguous(base_names_, path.filename()) || is_ambiguous(path_stems_, stem) ||
         is_ambiguous(base_stems_, stem.filename());
}

std::optional<ImageMatch> ImageIndex::find_any_extension(std::string_view name) const {
  if (const auto match = find(name)) return match;
  const fs::path path = fs::path(name).lexically_normal();
  // The name may lack its extension (then all of it is the stem) or have another one.
  for (const fs::path& stem : {path, without_extension(path)}) {
    if (const auto match = look_up(path_stems_, stem.string())) return match;
    if (const auto match = look_up(base_stems_, stem.filename().string())) return match;
  }
  return std::nullopt;
}

}  // namespace bonescan
