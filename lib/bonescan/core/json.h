// Conventions for the JSON that bonescan reads and writes.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace bonescan {

// Keeps the order in which members were added, so that files read as they were designed.
using Json = nlohmann::ordered_json;

// The double that prints with the fewest digits that still give back `value`: a float score of
// 0.1f becomes 0.1, not 0.10000000149011612.
double shortest_double(float value);

// null for a figure that is undefined.
Json json_number(const std::optional<double>& value);

// The member with a dotted name, "input.width"; elements of a list by their index from 0, "froc.3.sensitivity". nullptr
// if it, or what is on the way to it, is not there.
const Json* find_by_path(const Json& json, std::string_view path);

// The name of a member in which two objects differ, or that only one of them has: the first in the order of `one`, then
// of `other`. nullopt if they are equal.
std::optional<std::string> first_difference(const Json& one, const Json& other);

// One line, no trailing newline. Bytes that are not UTF-8 are replaced by U+FFFD, so that the output is always
// valid JSON; names of files are given as name_to_text of file_name.h writes them, which loses nothing.
std::string to_json_line(const Json& json);

// Two spaces of indentation and a trailing newline.
std::string to_json_text(const Json& json);

// Parses `text`; throws UsageError "<source> is not valid JSON: ... at line L, column C" if it cannot.
Json parse_json(std::string_view text, const std::string& source);

// Reads and parses a file. Throws UsageError that names it.
Json read_json_file(const std::filesystem::path& path);

// Whether the file is an object that begins with `schema`: told from its start, for a file of any length, which may be
// somebody else's. False if it cannot be read.
bool begins_with_schema(const std::filesystem::path& path, std::string_view schema);

}  // namespace bonescan
