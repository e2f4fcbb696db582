#include "bonescan/image/dicom_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/image/dicom_toolkit.h"

namespace bonescan {
namespace {

// What the data dictionary says of an element.
struct DictionaryEntry {
  DcmTagKey key;
  std::string keyword;
  DcmEVR representation = EVR_UNKNOWN;
};

// DCMTK's dictionary, which may only be used under its lock.
class LockedDictionary {
 public:
  LockedDictionary() : dictionary_(dcmDataDict.rdlock()) {}
  ~LockedDictionary() { dcmDataDict.rdunlock(); }
  LockedDictionary(const LockedDictionary&) = delete;
  LockedDictionary& operator=(const LockedDictionary&) = delete;

  const DcmDataDictionary& operator*() const { return dictionary_; }

 private:
  const DcmDataDictionary& dictionary_;
};

// What `look_up` finds in the dictionary.
template <typename LookUp>
std::optional<DictionaryEntry> find_entry(const LookUp& look_up) {
  if (const auto problem = set_up_dicom_toolkit()) throw UsageError("--dicom-tags: " + *problem);
  const LockedDictionary dictionary;
  const DcmDictEntry* entry = look_up(*dictionary);
  if (!entry || entry->isRepeating()) return std::nullopt;  // repeating groups (60xx,0010) are not a single element
  return DictionaryEntry{entry->getKey(), entry->getTagName(), entry->getEVR()};
}

bool holds_text(DcmEVR representation) {
  constexpr std::array kBulk{EVR_SQ, EVR_OB, EVR_OW, EVR_OD, EVR_OF, EVR_OL, EVR_OV, EVR_ox, EVR_lt, EVR_px};
  return std::find(kBulk.begin(), kBulk.end(), representation) == kBulk.end();
}

std::optional<std::uint16_t> parse_hexadecimal(std::string_view digits) {
  std::uint16_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.size() != 4 || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

// "(0008,0018)"
std::optional<DcmTagKey> parse_key(std::string_view text) {
  if (text.size() != 11 || text[0] != '(' || text[5] != ',' || text[10] != ')') return std::nullopt;
  const auto group = parse_hexadecimal(text.substr(1, 4)), element = parse_hexadecimal(text.substr(6, 4));
  if (!group || !element) return std::nullopt;
  return DcmTagKey(*group, *element);
}

DicomTag parse_tag(const std::string& text) {
  DicomTag tag;
  std::optional<DictionaryEntry> entry;
  if (const auto key = parse_key(text)) {
    tag = {fmt::format("({:04x},{:04x})", key->getGroup(), key->getElement()), key->getGroup(), key->getElement()};
    entry = find_entry([&](const DcmDataDictionary& dictionary) { return dictionary.findEntry(*key, nullptr); });
  } else {
    entry = find_entry([&](const DcmDataDictionary& dictionary) { return dictionary.findEntry(text.c_str()); });
    if (!entry)
      throw UsageError(
          fmt::format("--dicom-tags: \"{}\" is not a keyword of DICOM's data dictionary, for example "
                      "SOPInstanceUID, and no tag such as (0008,0018)",
                      text));
  }
  if (entry && !holds_text(entry->representation))
    throw UsageError(fmt::format("--dicom-tags: {} holds no text or number", text));
  if (entry) tag = {entry->keyword, entry->key.getGroup(), entry->key.getElement()};
  return tag;
}

}  // namespace

std::vector<DicomTag> parse_dicom_tags(const std::string& list) {
  std::vector<DicomTag> tags;
  if (list == "none") return tags;
  for (std::size_t begin = 0; begin < list.size();) {
    // Commas separate tags, but not within parentheses.
    const std::size_t closing = list[begin] == '(' ? list.find(')', begin) : begin;
    const std::size_t end = std::min(list.find(',', std::min(closing, list.size())), list.size());
    if (end > begin) {
      const DicomTag tag = parse_tag(list.substr(begin, end - begin));
      if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
    begin = end + 1;
  }
  if (tags.empty()) throw UsageError("--dicom-tags names no tag; \"none\" asks for none");
  return tags;
}

}  // namespace bonescan
