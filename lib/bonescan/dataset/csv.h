// Tables as comma-separated values (RFC 4180).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bonescan {

// The fields of one line; quoted fields may hold commas and doubled quotes. Blanks around fields go.
std::vector<std::string> split_csv_line(std::string_view line);

// A field as a line holds it: in quotes where it holds a comma, a quote or a line break.
std::string csv_field(const std::string& text);

}  // namespace bonescan
