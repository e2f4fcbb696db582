// Reading one radiograph from a file: the seam behind which every file format lives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "bonescan/image/dicom_tags.h"
#include "bonescan/image/window.h"

namespace bonescan {

// A decoded, upright picture.
struct Radiograph {
  // CV_8U or CV_16U, one channel (grey) or three (BGR). May be smaller than `size` if the caller
  // allowed a reduced decoding.
  cv::Mat pixels;
  // Size of the upright image as the file holds it: boxes and masks refer to it.
  cv::Size size;
  // Grey levels of `pixels` that count as black and white (0..255 for 8 bit). A 16-bit image that
  // does not fill its range gets a percentile window.
  Window window = {};
  // Of ReadOptions::dicom_tags, in their order; empty if the file is no DICOM.
  std::vector<DicomValue> dicom = {};
  // The file ended early, and ReadOptions::allow_truncated took what it holds.
  bool truncated = false;
};

struct ReadOptions {
  // From 1; 0 is the only frame, and refuses a file that has several (see dicom_file.h).
  int frame = 0;
  // What to take from a DICOM header.
  std::vector<DicomTag> dicom_tags = {};
  // The decoder may return a smaller picture (DCT scaling of JPEG) as long as both sides of
  // `pixels` stay at or above this many pixels; 0 asks for full size.
  int reduce_to_side = 0;
  // A file that ends early gives what it holds, if that is anything; the rest is black (grey in a JPEG).
  bool allow_truncated = false;
  std::int64_t max_pixels = 200'000'000;                 // of all frames together, checked before decoding
  std::uint64_t max_file_size = std::uint64_t{2} << 30;  // bytes
};

// Reads a JPEG (grey, RGB, progressive, CMYK), PNG, TIFF (first page; 1 to 8 or 16 bit; grey, RGB,
// RGBA, palette), BMP or DICOM (dicom_decoder.h), applies the EXIF orientation and drops alpha (over black). The format
// is recognised by content. Throws ImageError with the reason: not an image, truncated, over a limit. The first DICOM
// file sets up DCMTK for the whole process: no log, decoders registered, nothing read behind the pixel data.
Radiograph read_radiograph(const std::filesystem::path& path, const ReadOptions& options = {});

// The same from a file's bytes; options.max_file_size does not apply.
Radiograph decode_radiograph(std::span<const std::uint8_t> bytes, const ReadOptions& options = {});

// The picture as 8 bit, windowed to black..white; channels as they are.
cv::Mat to_8bit(const Radiograph& radiograph);

// The same in BGR, to draw on in colour.
cv::Mat to_8bit_colour(const Radiograph& radiograph);

}  // namespace bonescan
