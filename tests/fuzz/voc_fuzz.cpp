// Fuzz target: a Pascal VOC file.
#include "bonescan/dataset/voc.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto path = test::write_input("voc/hand.xml", data, size);
  return test::read_or_refuse([&] { read_voc_dataset(path.parent_path()); });
}
