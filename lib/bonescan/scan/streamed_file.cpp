#include "bonescan/scan/streamed_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

OutputError output_error(const fs::path& path, const std::error_code& reason) {
  return OutputError(fmt::format("{} cannot be written: {}", path.string(), reason.message()));
}

std::error_code system_reason() {
  return {errno, std::generic_category()};
}

}  // namespace

StreamedFile::StreamedFile(fs::path path)
    : path_(std::move(path)), temporary_(path_.parent_path() / fmt::format(".{}.new", path_.filename().string())) {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error) throw output_error(path_, error);
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) throw output_error(path_, system_reason());
}

StreamedFile::~StreamedFile() {
  std::error_code ignored;  // once published, it is no longer there
  fs::remove(temporary_, ignored);
}

void StreamedFile::write(std::string_view text) {
  if (!stream_.write(text.data(), static_cast<std::streamsize>(text.size())))
    throw output_error(path_, system_reason());
}

void StreamedFile::publish() {
  stream_.close();  // some file systems report only here that they are full
  if (!stream_) throw output_error(path_, system_reason());
  std::error_code error;
  fs::rename(temporary_, path_, error);
  if (error) throw output_error(path_, error);
}

}  // namespace bonescan
