#include "bonescan/image/dicom_signature.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "bonescan/image/byte_order.h"

namespace bonescan {
namespace {

struct Element {
  std::uint32_t tag = 0;  // group and element
  std::size_t value_at = 0;
  std::size_t length = 0;
};

bool is_capital(std::uint8_t letter) {
  return letter >= 'A' && letter <= 'Z';
}

// VRs whose length has four bytes, after two that are reserved (PS3.5 7.1.2).
bool has_long_length(std::string_view representation) {
  constexpr std::array<std::string_view, 13> kLong{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::find(kLong.begin(), kLong.end(), representation) != kLong.end();
}

// The element at `position` if its header and value lie within the bytes.
std::optional<Element> element_at(std::span<const std::uint8_t> bytes, std::size_t position) {
  constexpr std::size_t kShortHeader = 8, kLongHeader = 12;
  if (position + kLongHeader > bytes.size()) return std::nullopt;
  Element element;
  element.tag = little_endian(bytes, position, 2) << 16 | little_endian(bytes, position + 2, 2);
  const std::string_view representation(reinterpret_cast<const char*>(bytes.data()) + position + 4, 2);
  if (!is_capital(bytes[position + 4]) || !is_capital(bytes[position + 5])) {  // implicit
    element.value_at = position + kShortHeader;
    element.length = little_endian(bytes, position + 4, 4);
  } else if (has_long_length(representation)) {
    element.value_at = position + kLongHeader;
    element.length = little_endian(bytes, position + 8, 4);
  } else {
    element.value_at = position + kShortHeader;
    element.length = little_endian(bytes, position + 6, 2);
  }
  if (element.length > bytes.size() - element.value_at) return std::nullopt;
  return element;
}

constexpr std::size_t kPreamble = 128;
constexpr std::string_view kPrefix = "DICM";

bool has_preamble(std::span<const std::uint8_t> head) {
  return head.size() >= kPreamble + kPrefix.size() &&
         std::equal(kPrefix.begin(), kPrefix.end(), head.begin() + kPreamble);
}

// The SOP class UID, of the meta header if there is one, else of the data set; empty if no ascending elements lead to
// it. UIDs may end in a zero byte.
std::string_view sop_class(std::span<const std::uint8_t> head) {
  constexpr std::uint32_t kMediaStorageSopClass = 0x0002'0002, kSopClass = 0x0008'0016;
  head = head.first(std::min(head.size(), kDicomHeadSize));
  std::optional<std::uint32_t> previous;
  std::size_t position = has_preamble(head) ? kPreamble + kPrefix.size() : 0;
  while (const auto element = element_at(head, position)) {
    if ((previous && element->tag <= *previous) || element->tag > kSopClass) return {};
    if (element->tag == kMediaStorageSopClass || element->tag == kSopClass)
      return {reinterpret_cast<const char*>(head.data()) + element->value_at, element->length};
    previous = element->tag;
    position = element->value_at + element->length;
  }
  return {};
}

}  // namespace

bool is_dicom(std::span<const std::uint8_t> head) {
  constexpr std::string_view kDicomRoot = "1.2.840.10008.";
  return has_preamble(head) || sop_class(head).starts_with(kDicomRoot);
}

bool is_dicom_directory(std::span<const std::uint8_t> head) {
  constexpr std::string_view kMediaStorageDirectory = "1.2.840.10008.1.3.10";
  const std::string_view found = sop_class(head);
  return found.substr(0, found.find('\0')) == kMediaStorageDirectory;
}

}  // namespace bonescan
