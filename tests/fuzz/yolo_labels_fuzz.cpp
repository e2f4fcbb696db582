// Fuzz target: a label file, with a score and without.
#include "bonescan/dataset/yolo.h"
#include "bonescan/image/write_image.h"
#include "fuzz/reader_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bonescan;
  static const auto images = [] {
    const auto folder = test::fuzz_folder() / "images";
    write_mask_png(folder / "hand.png", cv::Mat::zeros(48, 64, CV_8U));
    return folder;
  }();
  const auto labels = test::write_input("labels/hand.txt", data, size).parent_path();
  test::read_or_refuse([&] { read_yolo_dataset(labels, images); });
  return test::read_or_refuse([&] { read_yolo_results(labels, test::small_dataset()); });
}
