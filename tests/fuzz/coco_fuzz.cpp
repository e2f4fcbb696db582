// Fuzz target: a COCO ground truth.
#include "bonescan/dataset/coco.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto path = test::write_input("ground_truth.json", data, size);
  return test::read_or_refuse([&] { read_coco_dataset(path); });
}
