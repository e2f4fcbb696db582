#include "bonescan/dataset/image_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/dataset/run_folder.h"
#include "bonescan/image/dicom_file.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kDicomExtensions = {".dcm", ".dicom", ".ima"};
constexpr std::array<std::string_view, 8> kOtherExtensions = {".jpg", ".jpeg", ".jpe",  ".jfif",
                                                              ".png", ".tif",  ".tiff", ".bmp"};

bool has_any_extension(const fs::path& path, std::span<const std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [&path](std::string_view extension) { return has_extension(path, extension); });
}

// A look into the file where its name does not say enough.
bool is_image_file(const fs::path& path) {
  if (!may_be_dicom_name(path)) return is_image_file_name(path);
  const DicomKind kind = dicom_kind(path);
  return is_image_file_name(path) ? kind != DicomKind::kDirectory : kind == DicomKind::kInstance;
}

bool is_jpeg(const fs::path& path, std::uint64_t max_bytes) {
  return read_file_start(path, 2, max_bytes) == std::vector<std::uint8_t>{0xFF, 0xD8};
}

// Of the bytes of a JPEG file.
bool ends_as_jpeg_should(const std::vector<std::uint8_t>& bytes) {
  constexpr std::uint8_t kMarker = 0xFF, kStartOfScan = 0xDA;
  constexpr std::array<std::uint8_t, 2> kEndOfImage = {kMarker, 0xD9};
  // Segments before the first scan may hold a thumbnail with markers of its own: step over them. Any number of 0xFF may
  // stand before a marker (ITU-T T.81, B.1.1.2).
  std::size_t position = 2;
  while (position + 4 <= bytes.size() && bytes[position] == kMarker && bytes[position + 1] != kStartOfScan)
    position += bytes[position + 1] == kMarker ? 1 : 2 + bytes[position + 2] * std::size_t{256} + bytes[position + 3];
  if (position >= bytes.size()) return false;
  // Within a scan 0xFF is never followed by 0xD9: the coder stuffs a zero.
  return std::search(bytes.begin() + static_cast<std::ptrdiff_t>(position), bytes.end(), kEndOfImage.begin(),
                     kEndOfImage.end()) != bytes.end();
}

}  // namespace

bool is_image_file_name(const fs::path& path) {
  return has_any_extension(path, kDicomExtensions) || has_any_extension(path, kOtherExtensions);
}

bool may_be_dicom_name(const fs::path& path) {
  const std::string extension = path.extension();
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return has_any_extension(path, kDicomExtensions) || extension.empty() ||
         std::all_of(extension.begin() + 1, extension.end(), is_digit);
}

fs::path without_extension(const fs::path& path) {
  const bool has_extension = is_image_file_name(path) || !may_be_dicom_name(path);
  return has_extension ? fs::path(path).replace_extension() : path;
}

FolderSurvey survey_folder(const fs::path& folder, const std::string& option, UnreadableFolder unreadable) {
  FolderSurvey survey;
  RunFolders runs(folder);
  const auto is_image = [&](const fs::path& path) {
    if (is_image_file(path)) return true;
    const fs::path file = path.lexically_relative(folder);
    if (!runs.above(file)) survey.others.push_back(file);
    return false;
  };
  std::set<std::string> earlier_runs;
  FolderListing listing = list_files(folder, option, is_image, unreadable);
  for (std::string& file : listing.files) {
    if (const auto run = runs.that_wrote(file)) {
      earlier_runs.insert(*run);
    } else {
      survey.images.push_back(std::move(file));
    }
  }
  std::sort(survey.others.begin(), survey.others.end());
  survey.linked_folders = std::move(listing.linked_folders);
  survey.earlier_runs.assign(earlier_runs.begin(), earlier_runs.end());
  return survey;
}

std::vector<std::string> list_image_files(const fs::path& folder, const std::string& option,
                                          UnreadableFolder unreadable) {
  return survey_folder(folder, option, unreadable).images;
}

bool has_complete_jpeg_stream(const fs::path& path) {
  try {
    const std::uint64_t max_bytes = ReadOptions().max_file_size;
    return !is_jpeg(path, max_bytes) || ends_as_jpeg_should(read_file_bytes(path, max_bytes));
  } catch (const ImageError&) {
    return false;
  }
}

}  // namespace bonescan
