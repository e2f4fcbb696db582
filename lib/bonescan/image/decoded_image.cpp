#include "bonescan/image/decoded_image.h"

#include <fmt/format.h>

#include <limits>
#include <opencv2/imgproc.hpp>
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
  std::vector<cv::Mat> planes;
  cv::split(pixels, planes);
  const cv::Mat alpha = planes.back();
  planes.pop_back();
  for (cv::Mat& plane : planes) cv::multiply(plane, alpha, plane, 1.0 / opaque);
  cv::Mat blended;
  cv::merge(planes, blended);
  return blended;
}

}  // namespace bonescan
