#include "bonescan/model/segmenter.h"

#include <algorithm>
#include <cmath>

#include "bonescan/model/flip.h"
#include "bonescan/model/network_output.h"
#include "bonescan/model/options_in_force.h"

namespace bonescan {
namespace {

// Bone probability at each pixel of the network's grid, CV_32F.
cv::Mat to_probability(const Tensor& logits, const InputSpec& input) {
  cv::Mat probability(input.height, input.width, CV_32F);
  std::transform(logits.values.begin(), logits.values.end(), probability.begin<float>(),
                 [](float logit) { return 1.0F / (1.0F + std::exp(-logit)); });
  return probability;
}

}  // namespace

Segmenter::Segmenter(Model model, const SegmentationOptions& options)
    : model_(std::move(model)), test_time_flips_(options.test_time_flips) {
  check_task(model_.card, ModelTask::kSegmentation, model_.path);
  thresholds_ = options_in_force(model_.card, options);
}

cv::Mat Segmenter::bone_probability(const Tensor& input) const {
  const InputSpec& spec = model_.card.input;
  return to_probability(run_expecting(model_, input, {{1, 1, spec.height, spec.width}})[0], spec);
}

cv::Mat Segmenter::mean_with_mirror_image(const cv::Mat& probability, const Tensor& input) const {
  cv::Mat of_mirror_image;
  cv::flip(bone_probability(flipped(input, {.horizontal = true})), of_mirror_image, 1);
  return (probability + of_mirror_image) / 2;
}

BoneFinding Segmenter::segment(const Radiograph& radiograph) const {
  const InputSpec& input = model_.card.input;
  const Tensor picture = make_network_input(radiograph, input);
  const cv::Mat probability = bone_probability(picture);
  const cv::Mat mask = probability > thresholds_.mask;

  const cv::Rect shown = covered_area(radiograph.size, input);
  const int bone_pixels = cv::countNonZero(mask(shown));
  BoneFinding finding;
  finding.fraction = static_cast<double>(bone_pixels) / shown.area();
  finding.confidence = bone_pixels > 0 ? cv::mean(probability(shown), mask(shown))[0] : 0.0;
  // Compared as floats, as results.jsonl holds them.
  const auto reaches = [](double value, double least) {
    return static_cast<float>(value) >= static_cast<float>(least);
  };
  finding.present = bone_pixels > 0 && reaches(finding.fraction, thresholds_.bone_fraction) &&
                    reaches(finding.confidence, thresholds_.bone_confidence);

  finding.mask = mask_to_image(test_time_flips_ ? mean_with_mirror_image(probability, picture) : probability,
                               radiograph.size, input, thresholds_.mask);
  return finding;
}

Segmenter load_segmenter(const std::filesystem::path& path, const ModelOptions& model_options,
                         const SegmentationOptions& options) {
  return Segmenter(load_model(path, ModelTask::kSegmentation, model_options), options);
}

}  // namespace bonescan
