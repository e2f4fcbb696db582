// Lines of text files that people edit by hand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bonescan {

// `text` without a leading UTF-8 byte order mark.
std::string_view without_byte_order_mark(std::string_view text);

// Throws UsageError that names `source` if `text` begins with a byte order mark of UTF-16, as what PowerShell's >
// writes.
void refuse_utf16(std::string_view text, const std::string& source);

// Without surrounding blanks and carriage returns.
std::string_view trimmed(std::string_view text);

// The parts between `end`s, each as it stands; an end after the last part begins no further one.
std::vector<std::string_view> split_at(std::string_view text, char end);

// One entry a line, so that the index gives the line number; trimmed, empty lines included.
std::vector<std::string_view> split_lines(std::string_view text);

// The parts between blanks.
std::vector<std::string_view> split_words(std::string_view line);

}  // namespace bonescan
