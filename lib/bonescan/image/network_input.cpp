#include "bonescan/image/network_input.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace bonescan {
namespace {

int scaled_side(int side, double scale) {
  return std::max(1, static_cast<int>(std::lround(side * scale)));
}

// Resized and in as many channels as the network takes, grey levels untouched.
cv::Mat resized_pixels(const Radiograph& radiograph, cv::Size size, int channels) {
  cv::Mat resized;
  cv::resize(radiograph.pixels, resized, size, 0, 0, cv::INTER_AREA);
  if (channels == 1 && resized.channels() == 3) cv::cvtColor(resized, resized, cv::COLOR_BGR2GRAY);
  return resized;
}

// Everything that turns one stored value into one value of the tensor.
struct Normalisation {
  float black = 0.0f;
  float range = 255.0f;
  float mean = 0.0f;
  float standard_deviation = 1.0f;

  float operator()(float level) const {
    return (std::clamp((level - black) / range, 0.0f, 1.0f) - mean) / standard_deviation;
  }
};

Normalisation normalisation_of(const Radiograph& radiograph, const InputSpec& spec, std::size_t channel) {
  const auto [black, white] = radiograph.window;
  return {static_cast<float>(black), static_cast<float>(white - black), static_cast<float>(spec.mean.at(channel)),
          static_cast<float>(spec.standard_deviation.at(channel))};
}

// One channel of `pixels` into the part of a plane (row length `width`) that begins at `plane`.
template <typename Value>
void fill_plane(const cv::Mat& pixels, int channel, const Normalisation& normalise, float* plane, int width) {
  const int step = pixels.channels();
  for (int y = 0; y < pixels.rows; ++y) {
    const Value* source = pixels.ptr<Value>(y) + channel;
    float* target = plane + static_cast<std::ptrdiff_t>(y) * width;
    for (int x = 0; x < pixels.cols; ++x) target[x] = normalise(static_cast<float>(source[x * step]));
  }
}

}  // namespace

cv::Rect covered_area(cv::Size image_size, const InputSpec& spec) {
  if (spec.resize == ResizeMode::kStretch) return {0, 0, spec.width, spec.height};
  const double scale = std::min(static_cast<double>(spec.width) / image_size.width,
                                static_cast<double>(spec.height) / image_size.height);
  const int width = std::min(spec.width, scaled_side(image_size.width, scale));
  const int height = std::min(spec.height, scaled_side(image_size.height, scale));
  return {(spec.width - width) / 2, (spec.height - height) / 2, width, height};
}

InputPlacement place_in_input(cv::Size image_size, const InputSpec& spec) {
  const cv::Rect area = covered_area(image_size, spec);
  return {.scale_x = static_cast<double>(area.width) / image_size.width,
          .scale_y = static_cast<double>(area.height) / image_size.height,
          .offset_x = static_cast<double>(area.x),
          .offset_y = static_cast<double>(area.y)};
}

Tensor make_network_input(const Radiograph& radiograph, const InputSpec& spec) {
  const cv::Rect area = covered_area(radiograph.size, spec);
  const cv::Mat pixels = resized_pixels(radiograph, area.size(), spec.channels);
  const std::size_t plane_size = static_cast<std::size_t>(spec.width) * static_cast<std::size_t>(spec.height);
  Tensor tensor{{1, spec.channels, spec.height, spec.width}, {}};
  tensor.values.reserve(plane_size * static_cast<std::size_t>(spec.channels));
  for (int channel = 0; channel < spec.channels; ++channel) {
    const Normalisation normalise = normalisation_of(radiograph, spec, static_cast<std::size_t>(channel));
    const float border = normalise(normalise.black);
    tensor.values.resize(tensor.values.size() + plane_size, border);
    float* plane = tensor.values.data() + plane_size * static_cast<std::size_t>(channel) +
                   static_cast<std::ptrdiff_t>(area.y) * spec.width + area.x;
    const int source_channel = pixels.channels() == 1 ? 0 : 2 - channel;
    if (pixels.depth() == CV_16U) {
      fill_plane<std::uint16_t>(pixels, source_channel, normalise, plane, spec.width);
    } else {
      fill_plane<std::uint8_t>(pixels, source_channel, normalise, plane, spec.width);
    }
  }
  return tensor;
}

Box box_to_image(const Box& box, const InputPlacement& placement) {
  return {(box.x - placement.offset_x) / placement.scale_x, (box.y - placement.offset_y) / placement.scale_y,
          box.width / placement.scale_x, box.height / placement.scale_y};
}

// Row by row, from the two rows of probabilities between which it lies: all of them at the image's size would take four
// times the memory of the mask.
cv::Mat mask_to_image(const cv::Mat& probability, cv::Size image_size, const InputSpec& spec, double threshold) {
  const cv::Mat covered = probability(covered_area(image_size, spec));
  cv::Mat mask(image_size, CV_8U), above, below;
  const auto stretch_row = [&](int row, cv::Mat& to) {
    cv::resize(covered.row(row), to, {image_size.width, 1}, 0, 0, cv::INTER_LINEAR);
  };
  const double scale = static_cast<double>(covered.rows) / image_size.height;
  const auto limit = static_cast<float>(threshold);
  int stretched = -1;  // the row that `above` holds
  for (int y = 0; y < image_size.height; ++y) {
    const double place = std::clamp((y + 0.5) * scale - 0.5, 0.0, covered.rows - 1.0);
    const int row = static_cast<int>(place);
    if (row != stretched) {
      if (stretched >= 0 && row == stretched + 1) {
        cv::swap(above, below);
      } else {
        stretch_row(row, above);
      }
      stretch_row(std::min(row + 1, covered.rows - 1), below);
      stretched = row;
    }
    const auto share = static_cast<float>(place - row);  // of the row below
    const float *const upper = above.ptr<float>(), *const lower = below.ptr<float>();
    std::uint8_t* const bone = mask.ptr<std::uint8_t>(y);
    for (int x = 0; x < image_size.width; ++x) bone[x] = upper[x] + share * (lower[x] - upper[x]) > limit ? 255 : 0;
  }
  return mask;
}

}  // namespace bonescan
