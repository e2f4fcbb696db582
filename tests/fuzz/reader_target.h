// What the fuzz targets of the annotation readers share: the input as a file, and a set of images to match it with.
#pragma once

#include <filesystem>
#include <fstream>

#include "bonescan/core/error.h"
#include "bonescan/core/temporary_folder.h"
#include "bonescan/dataset/dataset.h"

namespace bonescan::test {

// A folder of its own, as long as the process lives.
inline const std::filesystem::path& fuzz_folder() {
  static const TemporaryFolder folder;
  return folder.path();
}

inline std::filesystem::path write_input(const std::string& name, const std::uint8_t* data, std::size_t size) {
  const std::filesystem::path path = fuzz_folder() / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

// Two images, one of which a split leaves out, and two categories.
inline Dataset small_dataset() {
  Dataset dataset;
  dataset.source = "the fuzz target's set";
  dataset.images = {{1, "hand.png", 640, 480, {}}};
  dataset.left_out = {{2, "left/foot.png", 320, 200, {}}};
  dataset.categories = {{0, "fractured"}, {1, "other"}};
  return dataset;
}

// A UsageError is an answer; everything else that is thrown ends the process.
template <typename Read>
int read_or_refuse(const Read& read) {
  try {
    read();
  } catch (const UsageError&) {
  }
  return 0;
}

}  // namespace bonescan::test
