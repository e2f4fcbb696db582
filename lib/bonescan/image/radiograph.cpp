#include "bonescan/image/radiograph.h"

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/image/dicom_decoder.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/image_errors.h"
#include "bonescan/image/image_format.h"
#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

DecodedImage decode(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  const ImageFormat& format = require_format(bytes);
  if (options.frame > 1 && format.decode != Decoder(decode_dicom))
    throw ImageError(fmt::format("has no frame {}; it holds 1", options.frame));
  return format.decode(bytes, options);
}

bool is_of_one_colour(const cv::Mat& pixels) {
  cv::Mat channel;
  for (int i = 0; i < pixels.channels(); ++i) {
    cv::extractChannel(pixels, channel, i);
    double least = 0.0, most = 0.0;
    cv::minMaxLoc(channel, &least, &most);
    if (least != most) return false;
  }
  return true;
}

// Throws ImageError for a file that ends before it shows anything: what decoders put in place of all that is missing
// would be a picture without bone.
Radiograph upright_radiograph(const DecodedImage& image) {
  if (image.truncated && is_of_one_colour(image.pixels)) throw ImageError(kShowsNothing);
  return {.pixels = make_upright(image.pixels, image.orientation),
          .size = upright_size(image.size, image.orientation),
          .window = image.window ? *image.window : display_window(image.pixels),
          .dicom = image.dicom,
          .truncated = image.truncated};
}

}  // namespace

Radiograph read_radiograph(const std::filesystem::path& path, const ReadOptions& options) {
  const bool dicom = is_dicom(read_file_start(path, kDicomHeadSize, options.max_file_size));
  return with_image_errors([&] {
    // By itself, so that the file's bytes are gone before the picture is turned.
    const DecodedImage image =
        dicom ? decode_dicom(path, options) : decode(read_file_bytes(path, options.max_file_size), options);
    return upright_radiograph(image);
  });
}

Radiograph decode_radiograph(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return with_image_errors([&] { return upright_radiograph(decode(bytes, options)); });
}

cv::Mat to_8bit(const Radiograph& radiograph) {
  const auto [black, white] = radiograph.window;
  const double scale = 255.0 / (white - black);
  cv::Mat picture;
  radiograph.pixels.convertTo(picture, CV_8U, scale, -black * scale);
  return picture;
}

cv::Mat to_8bit_colour(const Radiograph& radiograph) {
  cv::Mat picture = to_8bit(radiograph);
  if (picture.channels() == 1) cv::cvtColor(picture, picture, cv::COLOR_GRAY2BGR);
  return picture;
}

}  // namespace bonescan
