// From a radiograph to the tensor that a network takes, and back to the image's pixels.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "bonescan/core/box.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// A dense float tensor in row-major order.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

enum class ResizeMode {
  kStretch,    // both sides to the input's size, aspect ratio lost
  kLetterbox,  // aspect ratio kept, centred, the rest black (0 before normalisation)
};

// What a network takes: "input" of the model card.
struct InputSpec {
  int width = 0;
  int height = 0;
  int channels = 3;  // 1: grey, 3: RGB
  ResizeMode resize = ResizeMode::kStretch;
  // `channels` values each, of pixels in 0..1; the deviations are above 0.
  std::vector<double> mean;
  std::vector<double> standard_deviation;
};

// Where the image lies in the network's input: input = image * scale + offset, in pixels.
struct InputPlacement {
  double scale_x = 1.0;
  double scale_y = 1.0;
  double offset_x = 0.0;
  double offset_y = 0.0;
};

// The pixels of the network's input that an upright image of `image_size` pixels covers: all for
// kStretch. For kLetterbox both sides are scaled by the smaller of the two ratios and rounded to the
// nearest pixel, at least 1; an odd pixel of the border goes to the right or the bottom.
cv::Rect covered_area(cv::Size image_size, const InputSpec& spec);

// The exact map onto that area; rounding makes the two scales of a letterbox differ slightly.
InputPlacement place_in_input(cv::Size image_size, const InputSpec& spec);

// [1, channels, height, width], resized by area averaging in the depth of the pixels (so that 8-bit
// values are rounded exactly as by Python's cv2.resize(image, size, interpolation=cv2.INTER_AREA),
// which training used), windowed to 0..1, then (pixel - mean) / standard deviation in float. Colours
// are in the order RGB; grey is repeated, and colour is made grey where the network takes one channel.
Tensor make_network_input(const Radiograph& radiograph, const InputSpec& spec);

// A box in pixels of the network's input, in pixels of the image.
Box box_to_image(const Box& box, const InputPlacement& placement);

// The mask (CV_8U, 0 or 255) at the image's size of the probabilities (CV_32F, 0..1) that the network gives at its own.
// The letterbox border is cut off and the probability interpolated bilinearly, as cv::resize does with INTER_LINEAR;
// the mask is where it is above `threshold`. That follows bones a little closer than enlarging a finished mask does.
cv::Mat mask_to_image(const cv::Mat& probability, cv::Size image_size, const InputSpec& spec, double threshold = 0.5);

}  // namespace bonescan
