// Numbers in text.
#pragma once

#include <optional>
#include <string_view>

namespace bonescan {

// The finite decimal number that all of `text` is, whatever the locale; nullopt if it is none.
std::optional<double> parse_number(std::string_view text);

}  // namespace bonescan
