// Fuzz target: any file as a radiograph, through to the picture that a network would see.
#include "bonescan/image/radiograph.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [](auto bytes, const auto& options) { to_8bit(bonescan::decode_radiograph(bytes, options)); };
  return bonescan::test::decode_or_refuse(decode, data, size);
}
