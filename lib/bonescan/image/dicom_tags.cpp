#include "bonescan/image/dicom_tags.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <regex>

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

// `look_up` is called with DCMTK's dictionary, which may only be used under its lock.
template <typename LookUp>
std::optional<DictionaryEntry> find_entry(const LookUp& look_up) {
  if (const auto problem = set_up_dicom_toolkit()) throw UsageError("--dicom-tags: " + *problem);
  const DcmDataDictionary& dictionary = dcmDataDict.rdlock();
  std::optional<DictionaryEntry> found;
  if (const DcmDictEntry* entry = look_up(dictionary)) {
    // Repeating groups (60xx,0010) are no single element.
    if (!entry->isRepeating()) found = DictionaryEntry{entry->getKey(), entry->getTagName(), entry->getEVR()};
  }
  dcmDataDict.rdunlock();
  return found;
}

bool holds_text(DcmEVR representation) {
  constexpr std::array kBulk{EVR_SQ, EVR_OB, EVR_OW, EVR_OD, EVR_OF, EVR_OL, EVR_OV, EVR_ox, EVR_lt, EVR_px};
  return std::find(kBulk.begin(), kBulk.end(), representation) == kBulk.end();
}

bool is_digits(const std::string& text, std::smatch& digits) {
  static const std::regex kPattern(R"(\(([0-9a-fA-F]{4}),([0-9a-fA-F]{4})\))");
  return std::regex_match(text, digits, kPattern);
}

std::uint16_t hexadecimal(const std::string& digits) {
  return static_cast<std::uint16_t>(std::stoul(digits, nullptr, 16));
}

DicomTag parse_tag(const std::string& text) {
  std::smatch digits;
  DicomTag tag;
  std::optional<DictionaryEntry> entry;
  if (is_digits(text, digits)) {
    const DcmTagKey key(hexadecimal(digits[1]), hexadecimal(digits[2]));
    tag = {fmt::format("({:04x},{:04x})", key.getGroup(), key.getElement()), key.getGroup(), key.getElement()};
    entry = find_entry([&](const DcmDataDictionary& dictionary) { return dictionary.findEntry(key, nullptr); });
  } else {
    entry = find_entry([&](const DcmDataDictionary& dictionary) { return dictionary.findEntry(text.c_str()); });
    if (!entry)
      throw UsageError(
          fmt::format("--dicom-tags: \"{}\" is no keyword of DICOM's data dictionary, for example "
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
  // Commas separate tags, but not within parentheses.
  static const std::regex kEntry(R"(\([^)]*\)|[^,]+)");
  for (auto entry = std::sregex_iterator(list.begin(), list.end(), kEntry); entry != std::sregex_iterator(); ++entry) {
    const DicomTag tag = parse_tag(entry->str());
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
  if (tags.empty()) throw UsageError("--dicom-tags names no tag; \"none\" asks for none");
  return tags;
}

}  // namespace bonescan
