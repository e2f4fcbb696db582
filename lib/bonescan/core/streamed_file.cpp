#include "bonescan/core/streamed_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <system_error>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name_error.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

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

struct NewFile {
  std::FILE* stream;  // null: errno says why
  fs::path path;
};

// To the file at `path`, which was just made and does not stay if there can be no stream.
NewFile open_stream(int descriptor, fs::path path) {
  std::FILE* stream = ::fdopen(descriptor, "wb");
  if (!stream) {
    const int reason = errno;
    ::close(descriptor);
    ::unlink(path.c_str());
    errno = reason;
  }
  return {stream, std::move(path)};
}

// mkstemp would keep others from reading the file whatever the user's umask lets them. The name is short, so that a
// 255-byte target name still works.
NewFile create_beside(const fs::path& target) {
  for (std::random_device random;;) {
    fs::path path = target.parent_path() / fmt::format("{}{:08x}", kUnfinishedPrefix, random());
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return open_stream(descriptor, std::move(path));
    if (errno != EEXIST) return {nullptr, std::move(path)};
  }
}

}  // namespace

StreamedFile::StreamedFile(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), error);
  if (error) throw_not_written(path_, error.value());
  auto [stream, unfinished] = create_beside(path_);
  if (!stream) throw_not_written(path_, errno);
  stream_.reset(stream);
  unfinished_ = std::move(unfinished);
}

StreamedFile::~StreamedFile() {
  if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
}

void StreamedFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stream_.get()) != text.size()) throw_not_written(path_, errno);
}

void StreamedFile::sync() {
  if (std::fflush(stream_.get()) != 0) throw_not_written(path_, errno);
  const bool cannot_sync = ::fsync(::fileno(stream_.get())) != 0 && errno != EINVAL;  // EINVAL: a pipe, for one
  if (cannot_sync) throw_not_written(path_, errno);
}

void StreamedFile::publish() {
  // Some file systems report only here that they are full.
  if (std::fclose(stream_.release()) != 0) throw_not_written(path_, errno);
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) throw_not_written(path_, errno);
  unfinished_.clear();
}

}  // namespace bonescan
