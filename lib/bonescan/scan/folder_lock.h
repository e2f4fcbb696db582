// Keeps a second run out of an output folder.
#pragma once

#include <filesystem>

namespace bonescan {

// Holds an existing folder for this process, until the end of the scope or of the process, whatever ends it: an
// advisory lock (flock) on the folder itself, which leaves no file behind. Where the file system knows no such locks,
// none is held.
class FolderLock {
 public:
  // Throws UsageError if another run holds the folder.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  int descriptor_;
};

}  // namespace bonescan
