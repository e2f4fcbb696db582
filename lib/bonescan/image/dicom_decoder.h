// DICOM: CR, DX, RF, secondary captures and other grey or colour images, through DCMTK.
#pragma once

#include <filesystem>

#include "bonescan/image/decoded_image.h"

namespace bonescan {

// One frame: options.frame, or the only one. Pixels are those of the file's grid, columns x rows: where they are not
// square (Pixel Aspect Ratio), nothing is resampled, so that boxes and masks lie on the pixels that the file holds.
//
// Grey has the levels that are stored, 8 or 16 bit, signed ones shifted up; MONOCHROME1 is inverted; a modality LUT is
// applied, while rescale slope and intercept (linear, PS3.3 C.11.1) only move the window. Black and white are those of
// the file's first VOI LUT, which is applied, else of its first window (C.11.2), else up to the caller
// (display_window). Colour (RGB, YBR, palettes) becomes 8-bit BGR. 8 to 16 bits stored; little and big endian,
// deflated, RLE, JPEG (baseline, extended, lossless), JPEG-LS and JPEG 2000.
//
// options.max_pixels holds for all frames together. Throws ImageError for what is no image, damaged, truncated
// (options.allow_truncated changes nothing) or not supported. No message holds text of the file.
DecodedImage decode_dicom(std::span<const std::uint8_t> bytes, const ReadOptions& options);
cv::Size read_dicom_size(std::span<const std::uint8_t> bytes, const ReadOptions& options);

// The same without reading the whole file: frames that are not asked for stay on the disk.
DecodedImage decode_dicom(const std::filesystem::path& path, const ReadOptions& options);
cv::Size read_dicom_size(const std::filesystem::path& path, const ReadOptions& options);

}  // namespace bonescan
