// A file that is written piece by piece and still appears whole or not at all.
#pragma once

#include <filesystem>
#include <fstream>
#include <string_view>

namespace bonescan {

// Writes beside the target; publish() renames. Without publish() nothing stays.
class StreamedFile {
 public:
  // Makes the parent folders. Throws OutputError.
  explicit StreamedFile(std::filesystem::path path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  // Throws OutputError.
  void write(std::string_view text);
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::ofstream stream_;
};

}  // namespace bonescan
