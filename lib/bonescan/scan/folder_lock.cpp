#include "bonescan/scan/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>

#include "bonescan/core/error.h"

namespace bonescan {

FolderLock::FolderLock(const std::filesystem::path& folder)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!folder_.valid() || ::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno == EWOULDBLOCK)
    throw UsageError(
        fmt::format("--output {} is in use by another run; wait for its end or name another folder", folder.string()));
  folder_ = FileDescriptor(-1);
}

}  // namespace bonescan
