// A file that is written piece by piece and still appears whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace bonescan {

// What the name of a file begins with while it is being written.
inline constexpr std::string_view kUnfinishedPrefix = ".bonescan-";

// Writes beside the target; publish() renames. Without publish() nothing stays but, if the process is killed, a file
// whose name begins with kUnfinishedPrefix. Permissions are what the umask leaves. Throws OutputError, FileNameError
// (core/file_name_error.h) where the name is at fault.
class StreamedFile {
 public:
  // Makes the parent folders.
  explicit StreamedFile(std::filesystem::path path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  void write(std::string_view text);

  // Waits until what was written is on the disk; call it before removing what this file replaces.
  void sync();

  void publish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::filesystem::path unfinished_;
  std::unique_ptr<std::FILE, Close> stream_;
};

}  // namespace bonescan
