// Binary masks as image files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "bonescan/image/radiograph.h"
#include "bonescan/metrics/mask_metrics.h"

namespace bonescan {

// One byte a pixel, 0 or 1.
struct Mask {
  std::vector<std::uint8_t> pixels;
  int width = 0;
  int height = 0;
  bool is_from_grey = false;  // the file holds grey levels, of which the upper half became foreground

  MaskView view() const { return {pixels, width, height}; }
};

// Reads a mask with 0/255, 0/1, a palette, or grey levels. Foreground is any value (any colour) but 0; in a mask of
// more than two grey levels, in one channel or in equal ones, that go beyond 127 it is the upper half of the range: 128
// and above of 8 bits, and of 16 bits that hold no more. Throws ImageError.
Mask read_mask(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace bonescan
