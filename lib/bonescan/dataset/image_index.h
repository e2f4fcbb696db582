// Finding the image that a file name stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bonescan/dataset/dataset.h"

namespace bonescan {

// What a name stands for.
struct ImageMatch {
  std::int64_t id = 0;
  bool left_out = false;  // the image is known, but a split or list leaves it out
};

// Names match by the full relative path first, then by the base name where only one image has it:
// people run a model on a folder above or below the one that the annotations were made in.
class ImageIndex {
 public:
  explicit ImageIndex(const Dataset& dataset);

  // The ids are the positions in `file_names`.
  explicit ImageIndex(std::span<const std::string> file_names);

  // nullopt if no image has the name, or if several share the base name.
  std::optional<ImageMatch> find(std::string_view name) const;

  // As find, and then the same without regard to the extension: split lists and label files name
  // images with or without theirs.
  std::optional<ImageMatch> find_any_extension(std::string_view name) const;

  // Whether find_any_extension finds nothing because several images have the name.
  bool has_several(std::string_view name) const;

 private:
  // nullopt: several images have this key.
  using Names = std::unordered_map<std::string, std::optional<ImageMatch>>;

  void add(const std::string& file_name, const ImageMatch& match);
  static std::optional<ImageMatch> look_up(const Names& names, const std::string& key);

  Names paths_;
  Names base_names_;
  Names path_stems_;
  Names base_stems_;
};

}  // namespace bonescan
