#include "bonescan/image/write_image.h"

#include <fmt/format.h>

#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"

namespace bonescan {
namespace {

void write_encoded(const std::filesystem::path& path, const char* extension, const cv::Mat& picture,
                   const std::vector<int>& settings) {
  std::vector<std::uint8_t> bytes;
  bool encoded = false;
  try {
    encoded = cv::imencode(extension, picture, bytes, settings);
  } catch (const cv::Exception& failure) {
    if (failure.code == cv::Error::StsNoMem) throw;
    throw ImageError(fmt::format("cannot be drawn as {}: {}", extension, failure.err));
  }
  if (!encoded)
    throw ImageError(fmt::format("cannot be drawn as {}: {} x {} is too large", extension, picture.cols, picture.rows));
  write_file_atomically(path, bytes);
}

}  // namespace

void write_mask_png(const std::filesystem::path& path, const cv::Mat& mask) {
  // Masks are large flat areas: run lengths compress well. No level is named: with one, libpng would try every filter
  // on every row, which takes four times as long for a file a quarter smaller.
  write_encoded(path, ".png", mask, {cv::IMWRITE_PNG_STRATEGY, cv::IMWRITE_PNG_STRATEGY_RLE});
}

void write_overlay_jpeg(const std::filesystem::path& path, const cv::Mat& picture) {
  write_encoded(path, ".jpg", picture, {cv::IMWRITE_JPEG_QUALITY, 90});
}

}  // namespace bonescan
