// Keeps a second run out of an output folder.
#pragma once

#include <filesystem>

namespace bonescan {

// Holds a folder for this process, until the end of the scope or of the process, whatever ends it: an
// advisory lock (flock) on the folder itself, which leaves no file behind. Where there is no such folder, or the file
// system knows no such locks, none is held.
class FolderLock {
 public:
  // Throws UsageError if another run holds the folder.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(FolderLock&& other) noexcept;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(FolderLock&& other) noexcept;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

  bool held() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

}  // namespace bonescan
