// Fuzz target: the BMP decoder by itself.
#include "bonescan/image/bmp_decoder.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return bonescan::test::decode_or_refuse(bonescan::decode_bmp, data, size);
}
