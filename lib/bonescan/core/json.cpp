#include "bonescan/core/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"

namespace bonescan {
namespace {

// Nothing that bonescan reads is half as deep; printing a value takes stack for each level.
constexpr int kDeepestNesting = 100;

std::string line_and_column(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, std::min(position, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
  return fmt::format("line {}, column {}", line, before.size() - line_start + 1);
}

bool nests_too_deeply(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    if (in_string && character == '\\') {
      ++i;  // what is escaped ends no string
    } else if (character == '"') {
      in_string = !in_string;
    } else if (!in_string && (character == '[' || character == '{')) {
      if (++depth > kDeepestNesting) return true;
    } else if (!in_string && (character == ']' || character == '}')) {
      --depth;
    }
  }
  return false;
}

const Json* find_part(const Json& json, std::string_view part) {
  if (json.is_object()) {
    const auto member = json.find(std::string(part));
    return member == json.end() ? nullptr : &*member;
  }
  std::size_t index = 0;
  const auto parsed = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool is_index = parsed.ec == std::errc() && parsed.ptr == part.data() + part.size();
  return json.is_array() && is_index && index < json.size() ? &json[index] : nullptr;
}

}  // namespace

double shortest_double(float value) {
  char digits[32];
  const auto printed = std::to_chars(digits, digits + sizeof digits, value);
  double result = 0.0;
  std::from_chars(digits, printed.ptr, result);
  return result;
}

Json json_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

const Json* find_by_path(const Json& json, std::string_view path) {
  const std::size_t dot = path.find('.');
  const Json* const part = find_part(json, path.substr(0, dot));
  return part && dot != std::string_view::npos ? find_by_path(*part, path.substr(dot + 1)) : part;
}

std::optional<std::string> first_difference(const Json& one, const Json& other) {
  for (const auto& [member, value] : one.items()) {
    const auto found = other.find(member);
    if (found == other.end() || *found != value) return member;
  }
  for (const auto& [member, value] : other.items())
    if (!one.contains(member)) return member;
  return std::nullopt;
}

std::string to_json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_json_text(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json parse_json(std::string_view text, const std::string& source) {
  if (nests_too_deeply(text)) throw UsageError(fmt::format("{} holds JSON that is nested too deeply", source));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const std::size_t position = error.byte > 0 ? error.byte - 1 : 0;
    const bool at_end = position >= text.size();
    throw UsageError(fmt::format("{} is not valid JSON: {} at {}", source,
                                 at_end ? "it ends too early" : "there is an unexpected character",
                                 line_and_column(text, position)));
  } catch (const Json::out_of_range&) {
    throw UsageError(fmt::format("{} holds a number that is out of range", source));
  }
}

Json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_text_file(path), path.string());
}

bool begins_with_schema(const std::filesystem::path& path, std::string_view schema) {
  constexpr std::size_t kStart = 4096;
  try {
    const auto start = read_file_start(path, kStart, std::numeric_limits<std::uint64_t>::max());
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    return text.starts_with('{') && text.find(schema) != std::string_view::npos;
  } catch (const ImageError&) {
    return false;
  }
}

}  // namespace bonescan
