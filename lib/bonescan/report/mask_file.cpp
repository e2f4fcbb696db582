#include "bonescan/report/mask_file.h"

#include <opencv2/core.hpp>

namespace bonescan {
namespace {

// One channel, 0 where every channel is 0.
cv::Mat largest_channel(const cv::Mat& pixels) {
  std::vector<cv::Mat> channels;
  cv::split(pixels, channels);
  cv::Mat largest = channels[0];
  for (std::size_t i = 1; i < channels.size(); ++i) largest = cv::max(largest, channels[i]);
  return largest;
}

bool has_more_than_two_values(const cv::Mat& grey) {
  double least = 0.0, most = 0.0;
  cv::minMaxLoc(grey, &least, &most);
  return cv::countNonZero((grey != least) & (grey != most)) > 0;
}

// The level from which a pixel is foreground.
double foreground_level(const cv::Mat& pixels) {
  if (pixels.channels() > 1) return 1.0;
  double most = 0.0;
  cv::minMaxLoc(pixels, nullptr, &most);
  const double half = pixels.depth() == CV_16U ? 32768.0 : 128.0;
  return most >= half && has_more_than_two_values(pixels) ? half : 1.0;
}

}  // namespace

Mask read_mask(const std::filesystem::path& path, const ReadOptions& options) {
  const cv::Mat pixels = read_radiograph(path, options).pixels;
  const cv::Mat foreground = largest_channel(pixels) >= foreground_level(pixels);
  Mask mask;
  mask.width = foreground.cols;
  mask.height = foreground.rows;
  mask.pixels.reserve(foreground.total());
  for (int row = 0; row < foreground.rows; ++row)
    for (int column = 0; column < foreground.cols; ++column)
      mask.pixels.push_back(foreground.at<std::uint8_t>(row, column) != 0 ? 1 : 0);
  return mask;
}

}  // namespace bonescan
