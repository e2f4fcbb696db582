// What decoders do with their pixels, whatever the format.
#include "bonescan/image/decoded_image.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <new>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "bonescan/core/file.h"
#include "bonescan/image/tiff_decoder.h"
#include "image/pictures.h"

namespace bonescan {
namespace {

using test::equal;

// Every value of both channels that are multiplied, and sides that are no multiple of anything.
cv::Mat random_pixels(int type) {
  cv::Mat pixels(77, 331, type);
  cv::RNG random(20);
  random.fill(pixels, cv::RNG::UNIFORM, 0, pixels.depth() == CV_8U ? 256 : 65536);
  return pixels;
}

// All of a picture at once, plane by plane.
cv::Mat blended_by_planes(const cv::Mat& pixels) {
  std::vector<cv::Mat> planes;
  cv::split(pixels, planes);
  const cv::Mat alpha = planes.back();
  planes.pop_back();
  for (cv::Mat& plane : planes) cv::multiply(plane, alpha, plane, 1.0 / (pixels.depth() == CV_8U ? 255.0 : 65535.0));
  cv::Mat blended;
  cv::merge(planes, blended);
  return blended;
}

// Counts the bytes of matrices while it lives, and has no memory for more than `most` at once.
class MatrixMemory : public cv::MatAllocator {
 public:
  explicit MatrixMemory(std::size_t most = std::size_t{1} << 30) : most_(most) { cv::Mat::setDefaultAllocator(this); }
  ~MatrixMemory() override { cv::Mat::setDefaultAllocator(cv::Mat::getStdAllocator()); }

  std::size_t highest() const { return highest_; }

  cv::UMatData* allocate(int dimensions, const int* sizes, int type, void* data, std::size_t* steps,
                         cv::AccessFlag flags, cv::UMatUsageFlags usage) const override {
    cv::UMatData* matrix = cv::Mat::getStdAllocator()->allocate(dimensions, sizes, type, data, steps, flags, usage);
    matrix->prevAllocator = matrix->currAllocator = this;
    held_ += matrix->size;
    highest_ = std::max(highest_, held_);
    if (held_ <= most_) return matrix;
    deallocate(matrix);
    throw std::bad_alloc();
  }
  bool allocate(cv::UMatData*, cv::AccessFlag, cv::UMatUsageFlags) const override { return false; }
  void deallocate(cv::UMatData* matrix) const override {
    held_ -= matrix->size;
    matrix->prevAllocator = matrix->currAllocator = cv::Mat::getStdAllocator();
    cv::Mat::getStdAllocator()->deallocate(matrix);
  }

 private:
  std::size_t most_;
  mutable std::size_t held_ = 0;
  mutable std::size_t highest_ = 0;
};

std::size_t bytes_of(const cv::Mat& pixels) {
  return pixels.total() * pixels.elemSize();
}

TEST_CASE("blending some rows at a time gives the pixels that blending all at once gives") {
  const int type = GENERATE(CV_8UC2, CV_8UC4, CV_16UC2, CV_16UC4);
  CAPTURE(type);
  const cv::Mat pixels = random_pixels(type);
  CHECK(equal(blend_over_black(pixels), blended_by_planes(pixels)));
  CHECK(equal(blend_over_black(pixels.rowRange(0, 1)), blended_by_planes(pixels.rowRange(0, 1))));
}

TEST_CASE("blending takes little more memory than its result") {
  const cv::Mat pixels(1000, 100, CV_16UC4, cv::Scalar::all(9));
  const MatrixMemory memory;
  const cv::Mat blended = blend_over_black(pixels);
  CHECK(memory.highest() >= bytes_of(blended));
  CHECK(memory.highest() < bytes_of(blended) + bytes_of(blended) / 10);
}

TEST_CASE("a picture for whose pixels there is no memory is refused, and nothing is lost by that") {
  const auto name = GENERATE(as<std::string>{}, "bilevel.tif", "palette.tif", "grey.tif", "grey.jpg", "grey.png");
  CAPTURE(name);
  const std::vector<std::uint8_t> bytes = read_file_bytes(test::fixture(name), 1 << 20);
  const MatrixMemory memory(1000);
  CHECK_THROWS_WITH(decode_radiograph(bytes), "does not fit into memory");  // LeakSanitizer sees what is lost
}

TEST_CASE("a 16-bit TIFF with a fourth sample that is no alpha has the colours, in little more memory than they need") {
  const cv::Mat pixels = random_pixels(CV_16UC4);
  std::vector<std::uint8_t> bytes;
  REQUIRE(cv::imencode(".tif", pixels, bytes));  // OpenCV does not say what the fourth sample is
  cv::Mat colours;
  cv::cvtColor(pixels, colours, cv::COLOR_BGRA2BGR);
  const MatrixMemory memory;
  const DecodedImage image = decode_tiff(bytes, {});
  CHECK(memory.highest() < bytes_of(pixels) + bytes_of(colours) + bytes_of(colours) / 10);
  CHECK(equal(image.pixels, colours));
}

}  // namespace
}  // namespace bonescan
