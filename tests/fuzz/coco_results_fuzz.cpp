// Fuzz target: COCO results.
#include "bonescan/dataset/coco.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto path = test::write_input("results.json", data, size);
  return test::read_or_refuse([&] { read_coco_results(path, test::small_dataset()); });
}
