// Fuzz target: any file as a radiograph, through to the picture that a network would see, and its size without
// decoding.
#include <cstdlib>

#include "bonescan/image/image_size.h"
#include "bonescan/image/radiograph.h"
#include "fuzz/decoder_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto size_of = [](auto bytes, const auto& options) {
    try {
      return image_size_in(bytes, options);
    } catch (const ImageError&) {
      return cv::Size();
    }
  };
  const auto decode = [&](auto bytes, const auto& options) {
    const cv::Size told = size_of(bytes, options);
    const Radiograph radiograph = decode_radiograph(bytes, options);
    to_8bit(radiograph);
    if (radiograph.size != told) std::abort();  // both read the same header
  };
  return test::decode_or_refuse(decode, data, size);
}
