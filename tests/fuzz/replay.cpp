// Feeds files, and all files of folders, to a fuzz target: the corpus as an ordinary test, without libFuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "bonescan/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

int replay(const fs::path& path) {
  if (fs::is_directory(path)) {
    int count = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) count += replay(entry.path());
    return count;
  }
  const auto bytes = bonescan::read_file_bytes(path, std::uint64_t{1} << 30);
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i)
    if (!std::string_view(argv[i]).starts_with('-')) count += replay(argv[i]);  // the rest are libFuzzer's options
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
