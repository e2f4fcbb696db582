// Fuzz target: the TIFF decoder by itself.
#include "bonescan/image/tiff_decoder.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return bonescan::test::decode_or_refuse(bonescan::decode_tiff, data, size);
}
