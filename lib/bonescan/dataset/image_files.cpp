#include "bonescan/dataset/image_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "bonescan/core/counted.h"
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

void add_negatives(Dataset& dataset, const fs::path& folder) {
  std::unordered_set<std::string> known;
  std::unordered_map<std::string, std::int64_t> left_out;  // ids of images that may join the set again
  for (const DatasetImage& image : dataset.images) known.insert(base_name(image));
  for (const DatasetImage& image : dataset.left_out) {
    if (image.is_positive) known.insert(base_name(image));
    left_out.emplace(base_name(image), image.id);
  }

  std::vector<std::string> negatives;
  std::vector<std::int64_t> taken_back;
  std::unordered_map<std::int64_t, fs::path> paths;  // of these
  std::size_t truncated = 0, repeated = 0;
  const FolderSurvey survey = survey_folder(folder, "--negatives");
  for (const std::string& file : survey.images) {
    const std::string name = fs::path(file).filename().string();
    if (known.contains(name)) {
      ++repeated;
    } else if (!has_complete_jpeg_stream(folder / file)) {
      ++truncated;
    } else if (const auto found = left_out.find(name); found != left_out.end()) {
      taken_back.push_back(found->second);
      paths[found->second] = folder / file;
      known.insert(name);
    } else {
      negatives.push_back(file);
    }
  }
  const std::size_t added = taken_back.size() + negatives.size();
  if (added == 0)
    throw UsageError(
        fmt::format("--negatives {} holds no image that could be added: {} truncated or unreadable, {} in the ground "
                    "truth already or left out of it with boxes",
                    folder.string(), truncated, repeated));
  take_back_images(dataset, taken_back);
  for (DatasetImage& image : dataset.images)
    if (const auto path = paths.find(image.id); path != paths.end()) image.path = path->second;
  add_images_without_boxes(dataset, negatives, folder);
  dataset.notes.push_back(
      fmt::format("{} from {}.", counted(added, "image without boxes", "images without boxes"), folder.string()));
  if (truncated > 0)
    dataset.notes.push_back(fmt::format(
        "{} in {} not used.", counted(truncated, "truncated or unreadable file", "truncated or unreadable files"),
        folder.string()));
  for (const std::string& run : survey.earlier_runs)
    dataset.notes.push_back(fmt::format("What the run in {} wrote is not used.", (folder / run).string()));
  if (repeated > 0)
    dataset.notes.push_back(
        fmt::format("{} in {} not added: in the ground truth already, or left out of it with boxes.",
                    counted(repeated, "image", "images"), folder.string()));
}

}  // namespace bonescan
