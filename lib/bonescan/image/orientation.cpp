#include "bonescan/image/orientation.h"

namespace bonescan {

cv::Size upright_size(cv::Size stored, int orientation) {
  const bool sides_change_places = orientation >= 5 && orientation <= 8;
  return sides_change_places ? cv::Size(stored.height, stored.width) : stored;
}

cv::Mat make_upright(const cv::Mat& pixels, int orientation) {
  constexpr int kUpsideDown = 0, kMirrored = 1;
  cv::Mat upright;
  switch (orientation) {
    case 2:
      cv::flip(pixels, upright, kMirrored);
      break;
    case 3:
      cv::rotate(pixels, upright, cv::ROTATE_180);
      break;
    case 4:
      cv::flip(pixels, upright, kUpsideDown);
      break;
    case 5:
      cv::transpose(pixels, upright);
      break;
    case 6:
      cv::rotate(pixels, upright, cv::ROTATE_90_CLOCKWISE);
      break;
    case 7:
      cv::transpose(pixels, upright);
      cv::rotate(upright, upright, cv::ROTATE_180);
      break;
    case 8:
      cv::rotate(pixels, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
      break;
    default:
      return pixels;
  }
  return upright;
}

}  // namespace bonescan
