#include "bonescan/image/dicom_file.h"

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <system_error>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/image/dicom_header.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/dicom_toolkit.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

// Empty for a name that leaves the folder. `file_id` has its parts separated by '\' (PS3.10 8.2).
fs::path path_below(const fs::path& folder, const std::string& file_id) {
  fs::path path = folder;
  for (std::size_t start = 0; start <= file_id.size();) {
    const std::size_t end = std::min(file_id.find('\\', start), file_id.size());
    const std::string part = file_id.substr(start, end - start);
    start = end + 1;
    if (part.empty() || part == "." || part == ".." || part.find('/') != std::string::npos) return {};
    std::error_code error;
    const fs::path small = path / in_small_letters(part);
    path = !fs::exists(path / part, error) && fs::exists(small, error) ? small : path / part;
  }
  return path;
}

bool is_image_record(DcmItem& record) {
  OFString type;
  return record.findAndGetOFString(DCM_DirectoryRecordType, type).good() && type == "IMAGE";
}

// Empty if one of them lies outside the DICOMDIR's folder.
std::vector<fs::path> listed_images(const fs::path& directory) {
  std::vector<fs::path> images;
  const auto file = open_dicom(directory, {});
  DcmSequenceOfItems* records = nullptr;
  if (file->getDataset()->findAndGetSequence(DCM_DirectoryRecordSequence, records).bad()) return images;
  for (DcmObject* next = records->nextInContainer(nullptr); next; next = records->nextInContainer(next)) {
    DcmItem& record = dynamic_cast<DcmItem&>(*next);
    OFString file_id;
    if (!is_image_record(record) || record.findAndGetOFStringArray(DCM_ReferencedFileID, file_id).bad()) continue;
    images.push_back(path_below(directory.parent_path(), {file_id.data(), file_id.length()}));
    if (images.back().empty()) return {};
  }
  return images;
}

}  // namespace

DicomKind dicom_kind(const fs::path& path) {
  try {
    const auto head = read_file_start(path, kDicomHeadSize, std::numeric_limits<std::uint64_t>::max());
    if (!is_dicom(head)) return DicomKind::kNone;
    return is_dicom_directory(head) ? DicomKind::kDirectory : DicomKind::kInstance;
  } catch (const ImageError&) {
    return DicomKind::kNone;
  }
}

int count_dicom_frames(const fs::path& path, const ReadOptions& options) {
  try {
    return with_dicom_toolkit([&] {
      const auto file = open_dicom(path, options);
      const DicomHeader header = read_dicom_header(*file, options);
      check_pixel_data(*file, header);
      return header.frames;
    });
  } catch (const ImageError&) {
    return 1;
  } catch (const std::bad_alloc&) {
    return 1;
  }
}

std::vector<fs::path> dicom_directory_images(const fs::path& path) {
  try {
    return with_dicom_toolkit([&] { return listed_images(path); });
  } catch (const ImageError&) {
    return {};
  }
}

}  // namespace bonescan
