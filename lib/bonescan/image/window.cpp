#include "bonescan/image/window.h"

#include <array>
#include <cstdint>

namespace bonescan {
namespace {

constexpr int kLevels = 65536;
using Histogram = std::array<std::int64_t, kLevels>;

Histogram histogram_16bit(const cv::Mat& pixels) {
  Histogram counts{};
  const int values_per_row = pixels.cols * pixels.channels();
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* row = pixels.ptr<std::uint16_t>(y);
    for (int i = 0; i < values_per_row; ++i) ++counts[row[i]];
  }
  return counts;
}

// The lowest level with more than `share` of all values at or below it.
int percentile(const Histogram& counts, std::int64_t total, double share) {
  const auto target = static_cast<std::int64_t>(share * static_cast<double>(total));
  std::int64_t seen = 0;
  for (int level = 0; level < kLevels; ++level) {
    seen += counts[level];
    if (seen > target) return level;
  }
  return kLevels - 1;
}

}  // namespace

Window display_window(const cv::Mat& pixels) {
  if (pixels.depth() == CV_8U) return {0.0, 255.0};

  const Histogram counts = histogram_16bit(pixels);
  int lowest = 0, highest = kLevels - 1;
  while (lowest < highest && counts[lowest] == 0) ++lowest;
  while (highest > lowest && counts[highest] == 0) --highest;
  if (highest - lowest >= kLevels / 2) return {0.0, kLevels - 1.0};
  if (highest == lowest) return {static_cast<double>(lowest), lowest + 1.0};

  const auto total = static_cast<std::int64_t>(pixels.total()) * pixels.channels();
  const int black = percentile(counts, total, 0.005);
  const int white = percentile(counts, total, 0.995);
  if (black == white) return {static_cast<double>(lowest), static_cast<double>(highest)};
  return {static_cast<double>(black), static_cast<double>(white)};
}

}  // namespace bonescan
