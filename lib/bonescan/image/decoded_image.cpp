#include "bonescan/image/decoded_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "bonescan/core/error.h"

namespace bonescan {

cv::Size checked_size(std::uint64_t width, std::uint64_t height, const ReadOptions& options) {
  if (width == 0 || height == 0) throw ImageError(fmt::format("has no pixels ({} x {})", width, height));
  constexpr std::uint64_t kMaxSide = std::numeric_limits<int>::max();
  const auto max_pixels = static_cast<std::uint64_t>(options.max_pixels);
  if (width > kMaxSide || height > kMaxSide || width > max_pixels / height)
    throw ImageError(
        fmt::format("has {} x {} pixels; the limit is {} pixels (--max-pixels)", width, height, options.max_pixels));
  return {static_cast<int>(width), static_cast<int>(height)};
}

cv::Mat blend_over_black(const cv::Mat& pixels) {
  if (pixels.channels() == 1 || pixels.channels() == 3) return pixels;
  const double opaque = pixels.depth() == CV_8U ? 255.0 : 65535.0;
  const int colours = pixels.channels() - 1;
  cv::Mat blended(pixels.size(), CV_MAKETYPE(pixels.depth(), colours));
  // Pictures can be large: only some rows at a time are taken apart.
  constexpr int kRowsAtATime = 16;
  std::vector<cv::Mat> planes;
  for (int y = 0; y < pixels.rows; y += kRowsAtATime) {
    const cv::Range rows(y, std::min(y + kRowsAtATime, pixels.rows));
    cv::split(pixels.rowRange(rows), planes);
    for (int i = 0; i < colours; ++i) cv::multiply(planes[i], planes.back(), planes[i], 1.0 / opaque);
    cv::Mat target = blended.rowRange(rows);
    cv::merge(planes.data(), static_cast<std::size_t>(colours), target);
  }
  return blended;
}

}  // namespace bonescan
