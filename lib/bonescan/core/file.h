// Whole files: read with a limit, written whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bonescan {

// As the name of a file on the command line: standard input or output.
inline constexpr const char* kStandardStream = "-";

// The bytes of a regular file. Throws ImageError with the system's reason if it is missing,
// unreadable, not a regular file (a FIFO would block), or larger than `max_bytes`.
std::vector<std::uint8_t> read_file_bytes(const std::filesystem::path& path, std::uint64_t max_bytes);

// Its first `count` bytes, or all if it is shorter; throws as read_file_bytes does.
std::vector<std::uint8_t> read_file_start(const std::filesystem::path& path, std::size_t count,
                                          std::uint64_t max_bytes);

// Calls `visit` with the bytes of a file that the user named on the command line, piece by piece. Throws
// UsageError that names it.
void read_blocks(const std::filesystem::path& path, const std::function<void(std::string_view block)>& visit);

// All of it at once.
std::string read_text_file(const std::filesystem::path& path);

// A StreamedFile (core/streamed_file.h) of one piece: the file appears whole or not at all. Throws as it does.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// Whether write_named_file() makes a new file under the name: nothing stands there, or a regular file.
bool is_replaced_when_written(const std::filesystem::path& path);

// For a file that the user named: a link or a device (/dev/stdout) is written through and stays what it is. Throws
// OutputError.
void write_named_file(const std::filesystem::path& path, std::string_view text);

// Writes at once, without a buffer that could fail later. Throws OutputError: a full disk, a reader that is gone.
void write_to_standard_output(std::string_view text);

// Makes `to` the same regular file as `from` (a hard link), or a copy of it where the file system gives no such link;
// replaces what is there, makes the parent folders. Throws OutputError.
void link_or_copy_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace bonescan
