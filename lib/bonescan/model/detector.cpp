#include "bonescan/model/detector.h"

#include "bonescan/model/network_output.h"
#include "bonescan/model/options_in_force.h"

namespace bonescan {
namespace {

// Corners if that is what every anchor could be: an anchor as centre and size has third > first for some, but hardly
// ever for all, since anchors at the far side of the image are smaller than their distance from the origin.
AnchorFormat tell_anchor_format(const Tensor& anchors) {
  for (std::size_t i = 0; i < anchors.values.size(); i += 4) {
    const float* a = anchors.values.data() + i;
    if (!(a[2] > a[0] && a[3] > a[1])) return AnchorFormat::kCentreSize;
  }
  return AnchorFormat::kCorners;
}

}  // namespace

Detector::Detector(Model model, const DetectionOptions& options) : model_(std::move(model)) {
  check_task(model_.card, ModelTask::kDetection, model_.path);
  options_ = options_in_force(model_.card, options);
  anchor_format_ = model_.card.anchor_format.value_or(tell_anchor_format(model_.anchors));
  if (options.test_time_flips) mirrored_anchors_ = mirror_anchors(model_, anchor_format_);
}

std::vector<Detection> Detector::detect(const Radiograph& radiograph) const {
  const ModelCard& card = model_.card;
  const Tensor input = make_network_input(radiograph, card.input);
  const auto classes = static_cast<std::int64_t>(card.classes.size());
  const std::int64_t anchors = model_.anchors.shape[0];
  const auto run = [&](const Tensor& image) {
    return run_expecting(model_, image, {{1, anchors, classes}, {1, anchors, 4}, {anchors, 4}});
  };
  const std::vector<Tensor> heads = mirrored_anchors_ ? run_with_flips(run, input, *mirrored_anchors_) : run(input);
  const std::vector<ScoredBox> boxes = decode_ssd({heads[0], heads[1], heads[2]}, card.box_weights, anchor_format_,
                                                  card.input.width, card.input.height, options_);

  const InputPlacement placement = place_in_input(radiograph.size, card.input);
  std::vector<Detection> detections;
  for (const ScoredBox& found : boxes) {
    const Box box = clip_to_image(box_to_image(found.box, placement), radiograph.size.width, radiograph.size.height);
    detections.push_back({card.classes[found.class_index], shortest_double(found.score), box});
  }
  return detections;
}

Detector load_detector(const std::filesystem::path& path, const ModelOptions& model_options,
                       const DetectionOptions& options) {
  return Detector(load_model(path, ModelTask::kDetection, model_options), options);
}

}  // namespace bonescan
