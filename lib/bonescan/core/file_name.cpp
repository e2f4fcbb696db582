#include "bonescan/core/file_name.h"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <charconv>

#include "bonescan/core/stable_hash.h"

namespace bonescan {
namespace {

constexpr std::string_view kMark = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kLongestName = 255;           // NAME_MAX of Linux file systems

bool is_mark(char32_t character) {
  return character == 0xFFFD;
}

// C0, DEL, C1 and what XML forbids beside them.
bool is_control(char32_t character) {
  return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0xFFFE || character == 0xFFFF;
}

void append_escaped(std::string_view bytes, std::string& text) {
  for (const char byte : bytes) text += fmt::format("{}{:02X}", kMark, static_cast<unsigned char>(byte));
}

// Escapes the bytes that are not UTF-8, and the characters for which `escaped` holds.
template <typename Predicate>
std::string escape(std::string_view bytes, const Predicate& escaped) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t valid = std::min(utf8::find_invalid(bytes), bytes.size());
    for (const char *next = bytes.data(), *end = next + valid; next != end;) {
      const char* const start = next;
      const char32_t character = utf8::unchecked::next(next);
      const std::string_view as_stored(start, static_cast<std::size_t>(next - start));
      if (escaped(character)) {
        append_escaped(as_stored, text);
      } else {
        text += as_stored;
      }
    }
    bytes.remove_prefix(valid);
    append_escaped(bytes.substr(0, 1), text);
    bytes.remove_prefix(std::min<std::size_t>(1, bytes.size()));
  }
  return text;
}

// The byte that two upper case hexadecimal digits say; -1 if `digits` does not begin with such.
int byte_of(std::string_view digits) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  if (digits.size() < 2 || !is_digit(digits[0]) || !is_digit(digits[1])) return -1;
  int byte = 0;
  std::from_chars(digits.data(), digits.data() + 2, byte, 16);
  return byte;
}

}  // namespace

std::string name_to_text(std::string_view name) {
  return escape(name, is_mark);
}

std::string name_to_xml_text(std::string_view name) {
  return escape(name, [](char32_t character) { return is_mark(character) || is_control(character); });
}

std::string to_one_line(std::string_view message) {
  return escape(message, is_control);
}

std::string text_to_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const bool marked = text.starts_with(kMark);
    const int byte = marked ? byte_of(text.substr(kMark.size())) : -1;
    name += byte >= 0 ? static_cast<char>(byte) : text[0];
    text.remove_prefix(byte >= 0 ? kMark.size() + 2 : 1);
  }
  return name;
}

std::string name_with_suffix(const std::string& name, std::string_view suffix) {
  if (name.size() + suffix.size() <= kLongestName) return fmt::format("{}{}", name, suffix);
  const std::string end = fmt::format("~{:016x}{}", stable_hash(name), suffix);
  std::size_t kept = kLongestName - end.size();
  while (kept > 0 && (name[kept] & 0xC0) == 0x80) --kept;  // no UTF-8 character is cut in two
  return name.substr(0, kept) + end;
}

std::string in_small_letters(std::string text) {
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

}  // namespace bonescan
