#include "bonescan/dataset/run_folder.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"

namespace bonescan {

namespace fs = std::filesystem;

// The schema is the first member that a run writes: there is no need to read a file of any length that may be
// another's.
bool holds_run_report(const fs::path& folder) {
  constexpr std::size_t kStart = 4096;
  try {
    const auto start = read_file_start(folder / kRunName, kStart, std::numeric_limits<std::uint64_t>::max());
    const std::string_view text(reinterpret_cast<const char*>(start.data()), start.size());
    return text.starts_with('{') && text.find(kRunSchema) != std::string_view::npos;
  } catch (const ImageError&) {
    return false;
  }
}

void check_run_is_finished(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / kJournalName, error))
    throw UsageError(
        fmt::format("{} holds a run that is not finished; go on with it (--resume) first", folder.string()));
}

std::optional<fs::path> RunFolders::above(const fs::path& file) {
  fs::path folder = file;
  do {
    folder = folder.parent_path();
    if (is_run(folder)) return folder;
  } while (!folder.empty());
  return std::nullopt;
}

std::optional<fs::path> RunFolders::that_wrote(const fs::path& file) {
  fs::path folder;
  for (const fs::path& part : file.parent_path()) {
    if ((part == kMasksFolder || part == kOverlaysFolder || part == kLabelsFolder) && is_run(folder)) return folder;
    folder /= part;
  }
  return std::nullopt;
}

bool RunFolders::is_run(const fs::path& below) {
  const auto [known, is_new] = runs_.try_emplace(below.native(), false);
  if (is_new) known->second = holds_run_report(folder_ / below);
  return known->second;
}

}  // namespace bonescan
