#include "bonescan/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <system_error>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name_error.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

std::string system_reason(int error) {
  return std::generic_category().message(error);
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  int get() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  // 0, or the error number: a full disk may only be reported here.
  int close() {
    const int descriptor = std::exchange(descriptor_, -1);
    return descriptor >= 0 && ::close(descriptor) != 0 ? errno : 0;
  }

 private:
  int descriptor_;
};

// 0, or the error number.
int write_fully(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

// Whether the name is at fault. EINVAL and EILSEQ: file systems of other systems take fewer characters.
bool is_about_the_name(int error) {
  constexpr std::array kReasons = {ENAMETOOLONG, EINVAL, EILSEQ, EISDIR, ENOTDIR};
  return std::find(kReasons.begin(), kReasons.end(), error) != kReasons.end();
}

[[noreturn]] void throw_not_written(const fs::path& path, int error) {
  const std::string message = fmt::format("{} cannot be written: {}", path.string(), system_reason(error));
  if (is_about_the_name(error)) throw FileNameError(message);
  throw OutputError(message);
}

struct OpenFile {
  FileDescriptor descriptor;
  std::uint64_t size = 0;
};

// A regular file of at most `max_bytes`.
OpenFile open_image_file(const fs::path& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
  OpenFile file{FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))};
  if (!file.descriptor.valid()) throw ImageError(fmt::format("cannot be opened: {}", system_reason(errno)));
  struct stat status {};
  if (::fstat(file.descriptor.get(), &status) != 0)
    throw ImageError(fmt::format("cannot be read: {}", system_reason(errno)));
  if (S_ISDIR(status.st_mode)) throw ImageError("is a folder, not an image file");
  if (!S_ISREG(status.st_mode)) throw ImageError("is not a regular file");
  file.size = static_cast<std::uint64_t>(status.st_size);
  if (file.size > max_bytes)
    throw ImageError(fmt::format("is {} bytes long; the limit is {} (--max-file-size)", file.size, max_bytes));
  return file;
}

std::vector<std::uint8_t> read_bytes(const OpenFile& file, std::uint64_t count) {
  std::vector<std::uint8_t> bytes(count);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(file.descriptor.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ImageError(fmt::format("cannot be read: {}", system_reason(errno)));
    if (got == 0) throw ImageError("became shorter while it was read");
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

struct NewFile {
  FileDescriptor descriptor;
  fs::path path;
};

// mkstemp would keep others from reading the file whatever the user's umask lets them. The name is short, so that a
// 255-byte target name still works.
NewFile create_beside(const fs::path& target) {
  for (std::random_device random;;) {
    fs::path path = target.parent_path() / fmt::format(".bonescan-{:08x}", random());
    FileDescriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (descriptor.valid() || errno != EEXIST) return {std::move(descriptor), std::move(path)};
  }
}

}  // namespace

std::vector<std::uint8_t> read_file_bytes(const fs::path& path, std::uint64_t max_bytes) {
  const OpenFile file = open_image_file(path, max_bytes);
  return read_bytes(file, file.size);
}

std::vector<std::uint8_t> read_file_start(const fs::path& path, std::size_t count, std::uint64_t max_bytes) {
  const OpenFile file = open_image_file(path, max_bytes);
  return read_bytes(file, std::min<std::uint64_t>(count, file.size));
}

void read_blocks(const fs::path& path, const std::function<void(std::string_view block)>& visit) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw UsageError(fmt::format("{} is a folder; a file is needed", path.string()));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw UsageError(fmt::format("{} cannot be opened: {}", path.string(), system_reason(errno)));
  std::vector<char> block(1 << 16);
  while (stream.read(block.data(), std::ssize(block)), stream.gcount() > 0)
    visit({block.data(), static_cast<std::size_t>(stream.gcount())});
  if (stream.bad()) throw UsageError(fmt::format("{} cannot be read: {}", path.string(), system_reason(errno)));
}

std::string read_text_file(const fs::path& path) {
  std::string text;
  read_blocks(path, [&text](std::string_view block) { text += block; });
  return text;
}

void write_file_atomically(const fs::path& path, std::span<const std::uint8_t> bytes) {
  std::error_code folder_error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), folder_error);
  if (folder_error) throw_not_written(path, folder_error.value());

  auto [file, temporary] = create_beside(path);
  if (!file.valid()) throw_not_written(path, errno);
  int error = write_fully(file.get(), bytes);
  if (const int close_error = file.close(); error == 0) error = close_error;
  if (error == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    throw_not_written(path, error);
  }
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void link_or_copy_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (to.has_parent_path()) fs::create_directories(to.parent_path(), error);
  if (error) throw OutputError(fmt::format("{} cannot be written: {}", to.string(), error.message()));
  if (fs::symlink_status(from, error).type() == fs::file_type::regular) {
    fs::create_hard_link(from, to, error);
    if (error == std::errc::file_exists && fs::remove(to, error)) fs::create_hard_link(from, to, error);
    if (!error) return;
  }
  try {
    write_file_atomically(to, read_file_bytes(from, std::numeric_limits<std::uint64_t>::max()));
  } catch (const ImageError& unreadable) {
    throw OutputError(fmt::format("{} cannot be written: {} {}", to.string(), from.string(), unreadable.what()));
  }
}

}  // namespace bonescan
