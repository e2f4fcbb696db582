// Fuzz target: COCO results.
#include <string_view>

#include "bonescan/dataset/coco.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  return test::read_or_refuse([&] { parse_coco_results(text, "results.json", test::small_dataset()); });
}
