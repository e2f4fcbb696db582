// Fuzz target: a results.jsonl.
#include "bonescan/report/read_predictions.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  const auto path = test::write_input("results.jsonl", data, size);
  return test::read_or_refuse([&] { read_scan_results(path, test::small_dataset()); });
}
