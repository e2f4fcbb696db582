#include "bonescan/core/nearest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bonescan/core/file_name.h"

namespace bonescan {
namespace {

std::string folded(std::string_view name) {
  std::string text = in_small_letters(std::string(name));
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

// Levenshtein distance: insertions, deletions and replacements.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& names) {
  return nearest_name(wrong, names, std::max<std::size_t>(1, wrong.size() / 3));
}

std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& names,
                                        std::size_t most) {
  constexpr std::size_t kLongest = 100;
  if (wrong.empty() || wrong.size() > kLongest) return std::nullopt;
  const std::string meant = folded(wrong);
  std::size_t least = most + 1;
  std::optional<std::string> nearest;
  for (const std::string& name : names) {
    const std::size_t distance = edit_distance(meant, folded(name));
    if (distance >= least) continue;
    least = distance;
    nearest = name;
  }
  return nearest;
}

std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& names) {
  const auto nearest = nearest_name(wrong, names);
  return nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : std::string();
}

}  // namespace bonescan
