// SHA-256 of files and texts, in the form that sha256sum prints.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bonescan {

// 64 hexadecimal digits. Throws UsageError if the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

std::string sha256_of_text(std::string_view text);

}  // namespace bonescan
