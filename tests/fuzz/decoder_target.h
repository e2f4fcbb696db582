// What the fuzz targets of the image decoders share.
#pragma once

#include "bonescan/core/error.h"
#include "bonescan/image/decoded_image.h"
#include "support/leak_suppressions.h"

namespace bonescan::test {

// Decodes with options that the last byte of the file chooses. An ImageError is an answer; everything else that is
// thrown ends the process, and the fuzzer has found something.
template <typename Decode>
int decode_or_refuse(const Decode& decode, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int choice = data[size - 1];
  ReadOptions options;
  options.max_pixels = 20'000;  // a large picture would find nothing that a small one does not
  options.allow_truncated = (choice & 1) != 0;
  options.reduce_to_side = (choice & 2) != 0 ? 16 : 0;
  try {
    decode(std::span(data, size), options);
  } catch (const ImageError&) {
  }
  return 0;
}

}  // namespace bonescan::test
