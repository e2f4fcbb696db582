// Fuzz target: the JPEG decoder by itself.
#include "bonescan/image/jpeg_decoder.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return bonescan::test::decode_or_refuse(bonescan::decode_jpeg, data, size);
}
