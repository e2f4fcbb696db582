// From radiograph to tensor, and from the network's pixels back to the image's.
#include "bonescan/image/network_input.h"

#include <catch2/catch.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

using test::equal;
using test::fixture;
using test::reference;

InputSpec plain_spec(int width, int height, int channels, ResizeMode resize = ResizeMode::kStretch) {
  return {.width = width,
          .height = height,
          .channels = channels,
          .resize = resize,
          .mean = std::vector<double>(static_cast<std::size_t>(channels), 0.0),
          .standard_deviation = std::vector<double>(static_cast<std::size_t>(channels), 1.0)};
}

float value_at(const Tensor& tensor, int channel, int y, int x) {
  return tensor.values.at(static_cast<std::size_t>((channel * tensor.shape[2] + y) * tensor.shape[3] + x));
}

// The grey levels of one channel, from a tensor that was not normalised.
cv::Mat grey_levels(const Tensor& tensor, int channel) {
  cv::Mat levels(static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[3]), CV_8U);
  for (int y = 0; y < levels.rows; ++y)
    for (int x = 0; x < levels.cols; ++x)
      levels.at<uchar>(y, x) = cv::saturate_cast<uchar>(value_at(tensor, channel, y, x) * 255.0f);
  return levels;
}

TEST_CASE("pixels are resized as by Python's cv2.resize with INTER_AREA: smaller, larger, and mixed") {
  const cv::Size size = GENERATE(cv::Size(20, 17), cv::Size(100, 90), cv::Size(30, 90));
  const auto expected =
      reference("resized/grey_" + std::to_string(size.width) + "x" + std::to_string(size.height) + ".png");
  const Tensor tensor =
      make_network_input(read_radiograph(fixture("grey.png")), plain_spec(size.width, size.height, 1));
  CHECK(tensor.shape == std::vector<std::int64_t>{1, 1, size.height, size.width});
  CHECK(equal(grey_levels(tensor, 0), expected));
}

TEST_CASE("a JPEG radiograph reaches the network as in training") {
  const Radiograph radiograph = read_radiograph(test::data_folder() / "samples" / "IMG0003767.jpg");
  const Tensor tensor = make_network_input(radiograph, plain_spec(224, 224, 3));
  const cv::Mat expected = reference("resized/sample_224x224.png");
  for (int channel = 0; channel < 3; ++channel) CHECK(equal(grey_levels(tensor, channel), expected));
}

TEST_CASE("colours arrive in the order red, green, blue") {
  const Tensor tensor = make_network_input(read_radiograph(fixture("rgb.png")), plain_spec(33, 29, 3));
  cv::Mat bgr[3];
  cv::split(reference("resized/rgb_33x29.png"), bgr);
  for (int channel = 0; channel < 3; ++channel) CHECK(equal(grey_levels(tensor, channel), bgr[2 - channel]));
}

TEST_CASE("a network of one channel gets colour as grey") {
  Radiograph radiograph{.pixels = cv::Mat(2, 2, CV_8UC3, cv::Scalar(10, 100, 200)), .size = {2, 2}};
  const Tensor tensor = make_network_input(radiograph, plain_spec(2, 2, 1));
  // ITU-R BT.601: 0.114 * 10 + 0.587 * 100 + 0.299 * 200 = 119.64
  CHECK(value_at(tensor, 0, 1, 1) == Approx(120.0 / 255.0));
}

TEST_CASE("every channel is normalised with its own mean and standard deviation") {
  const Radiograph radiograph{.pixels = cv::Mat(3, 3, CV_8U, cv::Scalar(51)), .size = {3, 3}};
  InputSpec spec = plain_spec(3, 3, 3);
  spec.mean = {0.485, 0.456, 0.406};
  spec.standard_deviation = {0.229, 0.224, 0.225};
  const Tensor tensor = make_network_input(radiograph, spec);
  CHECK(value_at(tensor, 0, 1, 1) == Approx((0.2 - 0.485) / 0.229));
  CHECK(value_at(tensor, 1, 1, 1) == Approx((0.2 - 0.456) / 0.224));
  CHECK(value_at(tensor, 2, 1, 1) == Approx((0.2 - 0.406) / 0.225));
}

TEST_CASE("16-bit pixels are windowed to 0..1") {
  cv::Mat pixels = (cv::Mat_<std::uint16_t>(1, 4) << 500, 1000, 2000, 9000);
  const Radiograph radiograph{.pixels = pixels, .size = {4, 1}, .window = {1000.0, 5000.0}};
  const Tensor tensor = make_network_input(radiograph, plain_spec(4, 1, 1));
  CHECK(tensor.values == std::vector<float>{0.0f, 0.0f, 0.25f, 1.0f});
}

TEST_CASE("a letterbox keeps the aspect ratio and lies in the middle of black") {
  const Radiograph radiograph{.pixels = cv::Mat(50, 100, CV_8U, cv::Scalar(255)), .size = {100, 50}};
  InputSpec spec = plain_spec(40, 40, 1, ResizeMode::kLetterbox);
  spec.mean = {0.5};
  spec.standard_deviation = {0.25};
  CHECK(covered_area({100, 50}, spec) == cv::Rect(0, 10, 40, 20));
  const Tensor tensor = make_network_input(radiograph, spec);
  CHECK(value_at(tensor, 0, 9, 20) == -2.0f);
  CHECK(value_at(tensor, 0, 10, 0) == 2.0f);
  CHECK(value_at(tensor, 0, 29, 39) == 2.0f);
  CHECK(value_at(tensor, 0, 30, 20) == -2.0f);
}

TEST_CASE("a letterbox never loses an image, however narrow") {
  const InputSpec spec = plain_spec(64, 64, 1, ResizeMode::kLetterbox);
  CHECK(covered_area({1, 5000}, spec) == cv::Rect(31, 0, 1, 64));
  CHECK(covered_area({5000, 1}, spec) == cv::Rect(0, 31, 64, 1));
}

TEST_CASE("boxes in the network's input go back to the image's pixels") {
  const ResizeMode resize = GENERATE(ResizeMode::kStretch, ResizeMode::kLetterbox);
  const InputSpec spec = plain_spec(300, 300, 3, resize);
  const InputPlacement placement = place_in_input({2304, 2880}, spec);
  const cv::Rect area = covered_area({2304, 2880}, spec);
  const Box whole = box_to_image({static_cast<double>(area.x), static_cast<double>(area.y),
                                  static_cast<double>(area.width), static_cast<double>(area.height)},
                                 placement);
  CHECK(whole.x == Approx(0.0).margin(1e-9));
  CHECK(whole.y == Approx(0.0).margin(1e-9));
  CHECK(whole.width == Approx(2304.0));
  CHECK(whole.height == Approx(2880.0));
}

TEST_CASE("a box of a stretched image is scaled separately in x and y") {
  const Box box = box_to_image({10, 20, 30, 40}, place_in_input({600, 900}, plain_spec(300, 300, 3)));
  CHECK(box == Box{20, 60, 60, 120});
}

TEST_CASE("the placement of a reduced decoding is that of the full image") {
  const auto path = test::data_folder() / "samples" / "IMG0003767.jpg";
  const InputSpec spec = plain_spec(64, 64, 1, ResizeMode::kLetterbox);
  const Tensor full = make_network_input(read_radiograph(path), spec);
  const Tensor reduced = make_network_input(read_radiograph(path, {.reduce_to_side = 128}), spec);
  CHECK(test::mean_difference(grey_levels(full, 0), grey_levels(reduced, 0)) < 1.0);
}

TEST_CASE("a mask grows to the image's size with an edge at the same place") {
  cv::Mat mask = cv::Mat::zeros(10, 10, CV_32F);
  mask.colRange(0, 4).setTo(1);
  const cv::Mat full = mask_to_image(mask, {100, 60}, plain_spec(10, 10, 1));
  REQUIRE(full.size() == cv::Size(100, 60));
  CHECK(cv::countNonZero(full.colRange(0, 40)) == 40 * 60);
  CHECK(cv::countNonZero(full.colRange(40, 100)) == 0);
}

TEST_CASE("a mask loses the border of a letterbox") {
  cv::Mat mask = cv::Mat::zeros(40, 40, CV_32F);
  mask.rowRange(0, 20).setTo(1);  // the border above, and the upper half of the image
  const cv::Mat full = mask_to_image(mask, {100, 50}, plain_spec(40, 40, 1, ResizeMode::kLetterbox));
  REQUIRE(full.size() == cv::Size(100, 50));
  CHECK(cv::countNonZero(full.rowRange(0, 25)) == 25 * 100);
  CHECK(cv::countNonZero(full.rowRange(25, 50)) == 0);
}

TEST_CASE("a mask shrinks to a small image and holds nothing but 0 and 255") {
  cv::Mat mask = cv::Mat::zeros(224, 224, CV_32F);
  cv::circle(mask, {112, 112}, 60, 1, cv::FILLED);
  const cv::Mat full = mask_to_image(mask, {31, 47}, plain_spec(224, 224, 1));
  CHECK(cv::countNonZero(full) == cv::countNonZero(full == 255));
  // The circle's share of the area, in a coarse grid.
  CHECK(cv::countNonZero(full) / (31.0 * 47.0) == Approx(3.14159 * 60 * 60 / (224 * 224)).margin(0.02));
}

TEST_CASE("a mask is where cv::resize has probabilities above the threshold, at every size") {
  cv::Mat probability(20, 30, CV_32F);
  cv::RNG random(7);
  random.fill(probability, cv::RNG::UNIFORM, 0.0, 1.0);
  for (const cv::Size size : {cv::Size(301, 97), cv::Size(7, 5), cv::Size(1, 400), cv::Size(30, 20)}) {
    CAPTURE(size);
    cv::Mat full;
    cv::resize(probability, full, size, 0, 0, cv::INTER_LINEAR);
    const cv::Mat mask = mask_to_image(probability, size, plain_spec(30, 20, 1), 0.4);
    const cv::Mat differs = (mask != (full > 0.4)) & (cv::abs(full - 0.4) > 1e-5);
    CHECK(cv::countNonZero(differs) == 0);
  }
}

TEST_CASE("a mask is above its threshold, not at it, as exactly as the probabilities are") {
  for (const float threshold : {0.1F, 0.2F, 0.25F, 0.5F, 0.7F, 0.9F}) {
    CAPTURE(threshold);
    const auto pixels = [&](float probability) {
      return cv::countNonZero(
          mask_to_image(cv::Mat(4, 4, CV_32F, cv::Scalar(probability)), {8, 8}, plain_spec(4, 4, 1), threshold));
    };
    CHECK(pixels(threshold) == 0);
    CHECK(pixels(threshold + 0.001F) == 64);
  }
}

}  // namespace
}  // namespace bonescan
