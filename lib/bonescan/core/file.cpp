#include "bonescan/core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/core/file_descriptor.h"
#include "bonescan/core/streamed_file.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

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
  write_file_atomically(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  StreamedFile file(path);
  file.write(text);
  file.publish();
}

bool is_replaced_when_written(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(path, error).type();
  return type == fs::file_type::regular || type == fs::file_type::not_found ||
         type == fs::file_type::none;  // where it cannot be seen, no device can be written through
}

void write_named_file(const fs::path& path, std::string_view text) {
  if (is_replaced_when_written(path)) return write_file_atomically(path, text);
  std::ofstream stream(path, std::ios::binary);
  if (stream << text << std::flush) return;
  throw OutputError(fmt::format("{} cannot be written: {}", path.string(), system_reason(errno)));
}

void write_to_standard_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  const int error = errno;
  const std::string message = fmt::format("standard output cannot be written: {}", system_reason(error));
  if (error == EPIPE) throw ReaderGoneError(message);
  throw OutputError(message);
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
