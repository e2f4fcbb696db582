#include "bonescan/image/image_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "bonescan/core/error.h"
#include "bonescan/image/bmp_decoder.h"
#include "bonescan/image/dicom_decoder.h"
#include "bonescan/image/dicom_signature.h"
#include "bonescan/image/jpeg_decoder.h"
#include "bonescan/image/png_decoder.h"
#include "bonescan/image/tiff_decoder.h"

namespace bonescan {
namespace {

using namespace std::string_view_literals;

// DICOM stands first: its preamble may hold anything, even the header of a TIFF.
constexpr std::array kFormats{
    ImageFormat{"DICOM", 128, "DICM"sv, decode_dicom, read_dicom_size},
    ImageFormat{"JPEG", 0, "\xFF\xD8\xFF"sv, decode_jpeg, read_jpeg_size},
    ImageFormat{"PNG", 0, "\x89PNG\r\n\x1A\n"sv, decode_png, read_png_size},
    ImageFormat{"TIFF", 0, "II*\0"sv, decode_tiff, read_tiff_size},
    ImageFormat{"TIFF", 0, "MM\0*"sv, decode_tiff, read_tiff_size},
    ImageFormat{"BigTIFF", 0, "II+\0"sv, decode_tiff, read_tiff_size},
    ImageFormat{"BigTIFF", 0, "MM\0+"sv, decode_tiff, read_tiff_size},
    ImageFormat{"BMP", 0, "BM"sv, decode_bmp, read_bmp_size},
    ImageFormat{"GIF", 0, "GIF8"sv},
    ImageFormat{"WebP", 8, "WEBP"sv},
    ImageFormat{"JPEG 2000", 4, "jP  \r\n\x87\n"sv},
    ImageFormat{"HEIF or AVIF", 4, "ftyp"sv},
    ImageFormat{"PDF", 0, "%PDF-"sv},
    ImageFormat{"ZIP", 0, "PK\x03\x04"sv},
    ImageFormat{"gzip", 0, "\x1F\x8B"sv},
};

// Null if the bytes begin like no image that is known.
const ImageFormat* recognise_format(std::span<const std::uint8_t> bytes) {
  const auto fits = [bytes](const ImageFormat& format) {
    return bytes.size() >= format.offset + format.signature.size() &&
           std::memcmp(bytes.data() + format.offset, format.signature.data(), format.signature.size()) == 0;
  };
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), fits);
  if (found != kFormats.end()) return &*found;
  return is_dicom(bytes) ? &kFormats.front() : nullptr;
}

}  // namespace

const ImageFormat& require_format(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) throw ImageError("is an empty file");
  const ImageFormat* format = recognise_format(bytes);
  if (!format)
    throw ImageError("is not an image: JPEG, PNG, TIFF, BMP and DICOM are read, recognised by their content");
  if (!format->decode) throw ImageError(fmt::format("is a {} file, which this version does not read", format->name));
  return *format;
}

}  // namespace bonescan
