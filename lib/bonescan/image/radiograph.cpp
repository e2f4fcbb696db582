#include "bonescan/image/radiograph.h"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/image/dicom_decoder.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/image_format.h"
#include "bonescan/image/orientation.h"
#include "bonescan/image/window.h"

namespace bonescan {
namespace {

DecodedImage decode(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  if (bytes.empty()) throw ImageError("is an empty file");
  const ImageFormat* format = recognise_format(bytes);
  if (!format)
    throw ImageError("is not an image: JPEG, PNG, TIFF, BMP and DICOM are read, recognised by their content");
  if (!format->decode) throw ImageError(fmt::format("is a {} file, which this version does not read", format->name));
  if (options.frame > 1 && format->decode != Decoder(decode_dicom))
    throw ImageError(fmt::format("has no frame {}; it holds 1", options.frame));
  return format->decode(bytes, options);
}

Radiograph upright_radiograph(const DecodedImage& image) {
  const Window window = image.window ? *image.window : display_window(image.pixels);
  Radiograph radiograph{.pixels = make_upright(image.pixels, image.orientation),
                        .size = image.size,
                        .black = window.black,
                        .white = window.white,
                        .dicom = image.dicom};
  if (orientation_swaps_sides(image.orientation)) std::swap(radiograph.size.width, radiograph.size.height);
  return radiograph;
}

// What `decode` gives, with what libraries throw told as a failure of the image.
template <typename Decode>
Radiograph read_with(const Decode& decode_image) {
  try {
    return upright_radiograph(decode_image());
  } catch (const std::bad_alloc&) {
    throw ImageError("does not fit into memory");
  } catch (const cv::Exception& failure) {
    if (failure.code == cv::Error::StsNoMem) throw ImageError("does not fit into memory");
    throw ImageError(fmt::format("cannot be decoded: {}", failure.err));
  }
}

}  // namespace

Radiograph read_radiograph(const std::filesystem::path& path, const ReadOptions& options) {
  const bool dicom = is_dicom(read_file_start(path, kDicomHeadSize, options.max_file_size));
  return read_with([&] {
    return dicom ? decode_dicom(path, options) : decode(read_file_bytes(path, options.max_file_size), options);
  });
}

Radiograph decode_radiograph(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return read_with([&] { return decode(bytes, options); });
}

cv::Mat to_8bit(const Radiograph& radiograph) {
  const double scale = 255.0 / (radiograph.white - radiograph.black);
  cv::Mat picture;
  radiograph.pixels.convertTo(picture, CV_8U, scale, -radiograph.black * scale);
  return picture;
}

}  // namespace bonescan
