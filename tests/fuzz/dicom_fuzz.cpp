// Fuzz target: the DICOM decoder by itself.
#include "bonescan/image/dicom_decoder.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decode = [](auto bytes, const auto& options) { bonescan::decode_dicom(bytes, options); };
  return bonescan::test::decode_or_refuse(decode, data, size);
}
