// Fuzz target: the PNG decoder by itself.
#include "bonescan/image/png_decoder.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return bonescan::test::decode_or_refuse(bonescan::decode_png, data, size);
}
