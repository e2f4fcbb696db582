// A folder for intermediate files.
#pragma once

#include <filesystem>

namespace bonescan {

// An empty folder of its own below the system's temporary folder, removed with all that is in it at the end of the
// scope. Throws OutputError if it cannot be made.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace bonescan
