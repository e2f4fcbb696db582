#include "bonescan/dataset/split_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/file_name.h"
#include "bonescan/dataset/csv.h"
#include "bonescan/dataset/image_index.h"
#include "bonescan/dataset/text_lines.h"

namespace bonescan {
namespace {

constexpr std::array<std::string_view, 5> kHeaders = {"image_id", "image", "file", "file_name", "filename"};

bool is_header(const std::string& field) {
  return std::find(kHeaders.begin(), kHeaders.end(), in_small_letters(field)) != kHeaders.end();
}

// Spreadsheets of some countries separate columns by semicolons, and copied cells by tabs.
void check_separator(std::string_view first_line, const std::string& path) {
  for (const char separator : {';', '\t'}) {
    std::string line(first_line);
    std::replace(line.begin(), line.end(), ',', ' ');
    std::replace(line.begin(), line.end(), separator, ',');
    const std::vector<std::string> fields = split_csv_line(line);
    if (fields.size() > 1 && std::any_of(fields.begin(), fields.end(), is_header))
      throw UsageError(fmt::format("{}: its columns are separated by {}; save it with commas", path,
                                   separator == ';' ? "semicolons" : "tabs"));
  }
}

}  // namespace

std::vector<std::string> read_split_list(const std::filesystem::path& path) {
  const std::string text = read_text_file(path);
  refuse_utf16(text, path.string());
  if (text.find('\0') != std::string::npos)
    throw UsageError(fmt::format("{} is not a text file; one name a line is needed", path.string()));
  std::vector<std::string> names;
  std::size_t column = 0;
  bool first = true;
  for (const std::string_view line : split_lines(text)) {
    if (line.empty()) continue;
    if (first) check_separator(line, path.string());
    const std::vector<std::string> fields = split_csv_line(line);
    const auto header = std::find_if(fields.begin(), fields.end(), is_header);
    if (std::exchange(first, false) && header != fields.end()) {
      column = static_cast<std::size_t>(header - fields.begin());
      continue;
    }
    if (column < fields.size() && !fields[column].empty()) names.push_back(text_to_name(fields[column]));
  }
  if (names.empty()) throw UsageError(fmt::format("{} names no image; one name a line is needed", path.string()));
  return names;
}

void keep_listed_images(Dataset& dataset, const std::vector<std::string>& names, const std::string& list,
                        UnknownNames unknown) {
  const ImageIndex index(dataset);
  std::vector<std::int64_t> ids;
  std::size_t left_out = 0, not_found = 0;
  for (const std::string& name : names) {
    const auto match = index.find_any_extension(name);
    if (!match && index.has_several(name))
      throw UsageError(
          fmt::format("{} names {}, and there are several of this name in {}", list, name, dataset.source));
    if (!match && unknown == UnknownNames::kRefused)
      throw UsageError(fmt::format("{} names {}, which is not in {}", list, name, dataset.source));
    if (!match) {
      ++not_found;
    } else if (match->left_out) {
      ++left_out;  // an image that an earlier restriction leaves out stays out
    } else {
      ids.push_back(match->id);
    }
  }
  if (not_found > 0 && not_found == names.size())
    throw UsageError(
        fmt::format("{} names {}, which is not in {}; nor are the others", list, names[0], dataset.source));
  if (not_found > 0)
    dataset.notes.push_back(
        fmt::format("{} of {} not found in {}.", counted(not_found, "image", "images"), list, dataset.source));
  if (left_out > 0)
    dataset.notes.push_back(fmt::format("{} of {} left out: outside the split, or without boxes and not asked for.",
                                        counted(left_out, "image", "images"), list));
  keep_images(dataset, ids);
}

}  // namespace bonescan
