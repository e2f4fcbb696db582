// Names of files in text: a name is any bytes, while JSON, CSV and XML hold characters.
#pragma once

#include <string>
#include <string_view>

namespace bonescan {

// The name as UTF-8. A name that is UTF-8 already stays what it is; a byte that is not becomes U+FFFD (the replacement
// character) and its two hexadecimal digits, "caf\xE9.jpg" thus "caf<U+FFFD>E9.jpg". A name that holds U+FFFD itself
// has the three bytes of that character written so, which makes every text stand for one name only.
std::string name_to_text(std::string_view name);

// As name_to_text, with control characters and U+FFFE and U+FFFF written byte by byte likewise: for XML, which cannot
// hold them.
std::string name_to_xml_text(std::string_view name);

// The name that either of them was given: every U+FFFD with two upper case hexadecimal digits after it is the byte that
// they say.
std::string text_to_name(std::string_view text);

// A message, whatever names it holds, as one line of UTF-8 without control characters, so that it can neither
// break a log nor steer a terminal.
std::string to_one_line(std::string_view message);

// The last part of a path (no '/') with `suffix` added. Where that is longer than the 255 bytes that a file name can
// have, `name` is cut and ends with '~' and 16 hexadecimal digits of its 64-bit FNV-1a hash, always the same ones.
std::string name_with_suffix(const std::string& name, std::string_view suffix);

// With small letters for capitals, of ASCII alone: other bytes stay as they are.
std::string in_small_letters(std::string text);

}  // namespace bonescan
