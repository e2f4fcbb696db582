#include "bonescan/image/image_format.h"

#include <algorithm>
#include <array>
#include <cstring>

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
    ImageFormat{"DICOM", 128, "DICM"sv, decode_dicom},
    ImageFormat{"JPEG", 0, "\xFF\xD8\xFF"sv, decode_jpeg},
    ImageFormat{"PNG", 0, "\x89PNG\r\n\x1A\n"sv, decode_png},
    ImageFormat{"TIFF", 0, "II*\0"sv, decode_tiff},
    ImageFormat{"TIFF", 0, "MM\0*"sv, decode_tiff},
    ImageFormat{"BigTIFF", 0, "II+\0"sv, decode_tiff},
    ImageFormat{"BigTIFF", 0, "MM\0+"sv, decode_tiff},
    ImageFormat{"BMP", 0, "BM"sv, decode_bmp},
    ImageFormat{"GIF", 0, "GIF8"sv},
    ImageFormat{"WebP", 8, "WEBP"sv},
    ImageFormat{"JPEG 2000", 4, "jP  \r\n\x87\n"sv},
    ImageFormat{"HEIF or AVIF", 4, "ftyp"sv},
    ImageFormat{"PDF", 0, "%PDF-"sv},
    ImageFormat{"ZIP", 0, "PK\x03\x04"sv},
    ImageFormat{"gzip", 0, "\x1F\x8B"sv},
};

}  // namespace

const ImageFormat* recognise_format(std::span<const std::uint8_t> bytes) {
  const auto fits = [bytes](const ImageFormat& format) {
    return bytes.size() >= format.offset + format.signature.size() &&
           std::memcmp(bytes.data() + format.offset, format.signature.data(), format.signature.size()) == 0;
  };
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), fits);
  if (found != kFormats.end()) return &*found;
  return is_dicom(bytes) ? &kFormats.front() : nullptr;
}

}  // namespace bonescan
