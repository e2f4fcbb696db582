// What a decoder hands over: the pixels as the file stores them, not yet upright.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <span>
#include <vector>

#include "bonescan/image/radiograph.h"
#include "bonescan/image/window.h"

namespace bonescan {

struct DecodedImage {
  // CV_8U or CV_16U, one channel (grey) or three (BGR).
  cv::Mat pixels;
  // As stored, at full resolution; `pixels` may be smaller after a reduced decoding.
  cv::Size size;
  // EXIF orientation, 1..8.
  int orientation = 1;
  // Where the file says which grey levels to show; else the pixels decide.
  std::optional<Window> window;
  std::vector<DicomValue> dicom;
  bool truncated = false;
};

// Of a file that ends before its second row of pixels, or holds one colour until it ends, where allow_truncated takes
// what files hold.
inline constexpr const char* kShowsNothing = "ends before anything is to be seen (truncated file)";

// Every decoder has this form. It checks the limits before it decodes and throws ImageError.
using Decoder = DecodedImage (*)(std::span<const std::uint8_t> bytes, const ReadOptions& options);

// Every format also has one of these: the size of the upright picture, from the header alone. It takes the size and the
// orientation from where the format's Decoder takes them. Throws ImageError where they cannot be read, and for an image
// over options.max_pixels.
using SizeReader = cv::Size (*)(std::span<const std::uint8_t> bytes, const ReadOptions& options);

// Throws ImageError if an image with these sides is empty or over options.max_pixels. For the size
// in a file's header, before any memory is taken for the pixels.
cv::Size checked_size(std::uint64_t width, std::uint64_t height, const ReadOptions& options);

// cv::Size::area() is an int, which --max-pixels may exceed.
inline std::int64_t pixel_count(const cv::Size& size) {
  return std::int64_t{size.width} * size.height;
}

// One picture of grey or BGR: an alpha channel (2 or 4 channels) is blended over black. The result is `pixels` where
// there is none.
cv::Mat blend_over_black(const cv::Mat& pixels);

}  // namespace bonescan
