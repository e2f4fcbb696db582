#include "bonescan/model/segmenter.h"

#include <algorithm>
#include <cmath>

#include "bonescan/model/operating_point.h"
#include "bonescan/model/probe.h"

namespace bonescan {
namespace {

// The part of the network's grid that shows the image: all of it but for the letterbox border.
cv::Rect image_on_grid(cv::Size image_size, const InputSpec& input) {
  const InputPlacement placement = place_in_input(image_size, input);
  const int left = static_cast<int>(std::lround(placement.offset_x));
  const int top = static_cast<int>(std::lround(placement.offset_y));
  const int right = static_cast<int>(std::lround(placement.offset_x + image_size.width * placement.scale_x));
  const int bottom = static_cast<int>(std::lround(placement.offset_y + image_size.height * placement.scale_y));
  return cv::Rect(cv::Point(left, top), cv::Point(std::max(right, left + 1), std::max(bottom, top + 1))) &
         cv::Rect(0, 0, input.width, input.height);
}

// Bone probability at each pixel of the network's grid, CV_32F.
cv::Mat to_probability(const Tensor& logits, const InputSpec& input) {
  cv::Mat probability(input.height, input.width, CV_32F);
  std::transform(logits.values.begin(), logits.values.end(), probability.begin<float>(),
                 [](float logit) { return 1.0F / (1.0F + std::exp(-logit)); });
  return probability;
}

}  // namespace

Segmenter::Segmenter(Model model, const SegmentationOptions& options) : model_(std::move(model)) {
  check_mask_logits(model_);
  mask_threshold_ = choose_fraction(model_, "mask_threshold", options.mask_threshold);
  min_bone_fraction_ = choose_fraction(model_, "min_bone_fraction", options.min_bone_fraction);
  min_bone_confidence_ = choose_fraction(model_, "min_bone_confidence", options.min_bone_confidence);
}

BoneFinding Segmenter::segment(const Radiograph& radiograph) const {
  const InputSpec& input = model_.card.input;
  const std::vector<Tensor> outputs = model_.network->run(make_network_input(radiograph, input));
  const cv::Mat probability = to_probability(outputs[0], input);
  const cv::Mat mask = probability > mask_threshold_;

  const cv::Rect shown = image_on_grid(radiograph.size, input);
  const int bone_pixels = cv::countNonZero(mask(shown));
  BoneFinding finding;
  finding.fraction = static_cast<double>(bone_pixels) / shown.area();
  finding.confidence = bone_pixels > 0 ? cv::mean(probability(shown), mask(shown))[0] : 0.0;
  finding.present =
      bone_pixels > 0 && finding.fraction >= min_bone_fraction_ && finding.confidence >= min_bone_confidence_;
  finding.mask = mask_to_image(mask, radiograph.size, input);
  return finding;
}

Segmenter load_segmenter(const std::filesystem::path& path, const ModelOptions& model_options,
                         const SegmentationOptions& options) {
  return {load_model(path, ModelTask::kSegmentation, model_options), options};
}

}  // namespace bonescan
