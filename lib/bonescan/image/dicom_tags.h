// Elements of a DICOM header that the user asks for by name; nothing else of a header leaves the reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bonescan {

struct DicomTag {
  std::string name;  // the keyword of DICOM's data dictionary, or (gggg,eeee) where it has none
  std::uint16_t group = 0;
  std::uint16_t element = 0;

  friend bool operator==(const DicomTag&, const DicomTag&) = default;
};

// The element that tells instances apart, so that results can be matched to the archive that they come from.
inline const DicomTag kSopInstanceUid{"SOPInstanceUID", 0x0008, 0x0018};

struct DicomValue {
  std::string name;  // DicomTag::name
  // UTF-8, several values separated by '\' as in the file; unset if the file lacks the element.
  std::optional<std::string> text;

  friend bool operator==(const DicomValue&, const DicomValue&) = default;
};

// Keywords of the data dictionary and (gggg,eeee) in hexadecimal digits, separated by commas, each once; "none" is no
// tag. Throws UsageError for an unknown keyword and for an element that is no text or number (a sequence, pixel data).
std::vector<DicomTag> parse_dicom_tags(const std::string& list);

}  // namespace bonescan
