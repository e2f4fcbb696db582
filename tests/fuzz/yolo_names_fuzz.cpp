// Fuzz target: the class names of a data.yaml.
#include "bonescan/dataset/yolo.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto folder = test::write_input("yolo/data.yaml", data, size).parent_path();
  return test::read_or_refuse([&] { read_yolo_results(folder, test::small_dataset()); });
}
