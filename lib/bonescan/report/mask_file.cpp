#include "bonescan/report/mask_file.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <optional>

namespace bonescan {
namespace {

bool is_grey(const std::vector<cv::Mat>& channels) {
  return std::all_of(channels.begin() + 1, channels.end(),
                     [&](const cv::Mat& channel) { return cv::countNonZero(channel != channels[0]) == 0; });
}

// 0 where every channel is 0.
cv::Mat largest_of(const std::vector<cv::Mat>& channels) {
  cv::Mat largest = channels[0];
  for (std::size_t i = 1; i < channels.size(); ++i) largest = cv::max(largest, channels[i]);
  return largest;
}

bool has_more_than_two_values(const cv::Mat& grey) {
  double least = 0.0, most = 0.0;
  cv::minMaxLoc(grey, &least, &most);
  return cv::countNonZero((grey != least) & (grey != most)) > 0;
}

// The grey level from which a pixel is foreground; nullopt where that is any but 0.
std::optional<double> foreground_level(const cv::Mat& grey) {
  double most = 0.0;
  cv::minMaxLoc(grey, nullptr, &most);
  const double half = most > 255.0 ? 32768.0 : 128.0;  // 16 bits may hold what 8 would
  if (most < half || !has_more_than_two_values(grey)) return std::nullopt;
  return half;
}

}  // namespace

Mask read_mask(const std::filesystem::path& path, const ReadOptions& options) {
  std::vector<cv::Mat> channels;
  cv::split(read_radiograph(path, options).pixels, channels);
  const auto level = is_grey(channels) ? foreground_level(channels[0]) : std::nullopt;
  const cv::Mat foreground = (largest_of(channels) >= level.value_or(1.0)) & 1;  // one block of memory, being new
  return {{foreground.datastart, foreground.dataend}, foreground.cols, foreground.rows, level.has_value()};
}

}  // namespace bonescan
