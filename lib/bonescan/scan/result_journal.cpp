#include "bonescan/scan/result_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file_descriptor.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

OutputError journal_error(const fs::path& path, std::string_view what, const std::string& reason) {
  return OutputError(fmt::format("{} cannot be {}: {}", path.string(), what, reason));
}

// Bytes up to and including the last newline.
std::uint64_t size_of_whole_lines(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::uint64_t whole = 0;
  std::uint64_t read = 0;
  for (std::string line; std::getline(stream, line);) {
    read += line.size() + 1;
    if (!stream.eof()) whole = read;  // at the end of the file the newline was missing
  }
  return whole;
}

}  // namespace

ResultJournal::ResultJournal(fs::path path) : path_(std::move(path)) {
  std::error_code error;
  if (fs::exists(path_, error)) {
    size_ = size_of_whole_lines(path_);
    fs::resize_file(path_, size_, error);
  }
  if (error) throw journal_error(path_, "continued", error.message());
  output_.open(path_, std::ios::binary | std::ios::app);
  if (!output_) throw journal_error(path_, "written", system_reason(errno));
  input_.open(path_, std::ios::binary);
  if (!input_) throw journal_error(path_, "read", system_reason(errno));
}

std::uint64_t ResultJournal::append(std::string_view line) {
  // Without this a run would go on in a file that no longer has a name.
  if (std::error_code error; !fs::exists(path_, error))
    throw OutputError(fmt::format("{} cannot be written: it was removed", path_.string()));
  output_ << line << '\n' << std::flush;
  if (!output_) throw journal_error(path_, "written", system_reason(errno));
  return std::exchange(size_, size_ + line.size() + 1);
}

std::string ResultJournal::line_at(std::uint64_t offset) {
  input_.clear();  // an earlier read may have met the end of the file
  // A seek drops what has been read ahead, and lines are mostly read in their order.
  if (offset != input_position_) input_.seekg(static_cast<std::streamoff>(offset));
  std::string line;
  if (!std::getline(input_, line)) throw journal_error(path_, "read", system_reason(errno));
  input_position_ = offset + line.size() + 1;
  return line;
}

void ResultJournal::publish_as(const fs::path& path) const {
  const FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || ::fsync(file.get()) != 0) throw journal_error(path_, "written", system_reason(errno));
  std::error_code error;
  fs::rename(path_, path, error);
  if (error) throw journal_error(path, "written", error.message());
}

void ResultJournal::for_each(const std::function<void(std::uint64_t, const std::string&)>& visit) {
  for (std::uint64_t offset = 0; offset < size_;) {
    const std::string line = line_at(offset);
    visit(offset, line);
    offset += line.size() + 1;
  }
}

}  // namespace bonescan
