// SHA-256 of a file, in the form that sha256sum prints.
#pragma once

#include <filesystem>
#include <string>

namespace bonescan {

// 64 hexadecimal digits. Throws UsageError if the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace bonescan
