// Keeps a second run out of an output folder.
#pragma once

#include <filesystem>

#include "bonescan/core/file_descriptor.h"

namespace bonescan {

// Holds a folder for this process, until the end of the scope or of the process, whatever ends it: an
// advisory lock (flock) on the folder itself, which leaves no file behind. Where there is no such folder, or the file
// system knows no such locks, none is held.
class FolderLock {
 public:
  // Throws UsageError if another run holds the folder.
  [[nodiscard]] explicit FolderLock(const std::filesystem::path& folder);

  bool held() const { return folder_.valid(); }

 private:
  FileDescriptor folder_;
};

}  // namespace bonescan
