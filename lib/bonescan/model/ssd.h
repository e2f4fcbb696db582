// From the raw heads of an SSD to boxes: softmax, box decoding, top-k, non-maximum suppression, box voting.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "bonescan/core/box.h"
#include "bonescan/image/network_input.h"
#include "bonescan/model/model_card.h"

namespace bonescan {

// Defaults are torchvision's (SSD300_VGG16).
struct SsdOptions {
  double score_threshold = 0.01;  // boxes at or above it count
  int top_k = 400;                // candidates per class before suppression
  double nms_iou = 0.45;
  int max_detections = 200;  // per image
  // From this IoU on, suppressed boxes move the one that stays (box voting); 1: none does, as in torchvision.
  double box_voting_iou = 1.0;
};

// One box in pixels of the network's input.
struct ScoredBox {
  Box box;
  float score = 0.0f;   // softmax probability, 0..1
  int class_index = 0;  // 1.. (0 is the background)
};

// The heads of one image: class logits [1, A, C], box deltas [1, A, 4], anchors [A, 4].
struct SsdHeads {
  const Tensor& class_logits;
  const Tensor& box_deltas;
  const Tensor& anchors;
};

// Softmax probability of each class from its logits; the two have the same length.
void softmax(std::span<const float> logits, std::span<float> probabilities);

// Decodes one image, best score first. As torchvision.models.detection.SSD.postprocess_detections:
// decoding of Ren et al. 2015 with `box_weights`, the divisors of dx, dy, dw and dh, log-sizes limited to
// log(1000 / 16), boxes clipped to the input of `input_width` x `input_height` pixels, greedy suppression per class.
// Then, as Gidaris and Komodakis 2015, each box that stays becomes the mean, weighted by score, of all candidates of
// its class that overlap it by box_voting_iou or more; its score stays. What scores 0.01 or more votes, whatever the
// score threshold is, so that a box does not depend on it; a threshold below 0.01 decides itself who votes.
std::vector<ScoredBox> decode_ssd(const SsdHeads& heads, const std::array<double, 4>& box_weights,
                                  AnchorFormat anchor_format, int input_width, int input_height,
                                  const SsdOptions& options = {});

}  // namespace bonescan
