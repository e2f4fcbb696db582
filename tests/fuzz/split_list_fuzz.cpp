// Fuzz target: a split list, and keeping the images that it names.
#include "bonescan/dataset/split_list.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto path = test::write_input("split.csv", data, size);
  return test::read_or_refuse([&] {
    Dataset dataset = test::small_dataset();
    keep_listed_images(dataset, read_split_list(path), "list");
  });
}
