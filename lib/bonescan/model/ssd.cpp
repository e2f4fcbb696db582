// Decoding of SSD heads. The arithmetic is torchvision's, in its order and in single precision, so that scores,
// boxes and what suppression keeps agree with SSD.postprocess_detections. Box voting comes after that.
#include "bonescan/model/ssd.h"

#include <algorithm>
#include <cmath>

namespace bonescan {
namespace {

struct Corners {
  float x1 = 0.0F;
  float y1 = 0.0F;
  float x2 = 0.0F;
  float y2 = 0.0F;
};

struct Candidate {
  int anchor = 0;
  float score = 0.0F;
  int class_index = 0;
  Corners box;
};

bool is_finite(const Corners& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2);
}

float area(const Corners& box) {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}

float intersection_over_union(const Corners& a, const Corners& b) {
  const float width = std::max(0.0F, std::min(a.x2, b.x2) - std::max(a.x1, b.x1));
  const float height = std::max(0.0F, std::min(a.y2, b.y2) - std::max(a.y1, b.y1));
  const float intersection = width * height;
  return intersection / (area(a) + area(b) - intersection);
}

// Indices of the boxes that stay. `boxes` come best score first.
std::vector<int> suppress(std::span<const Corners> boxes, double iou_threshold) {
  std::vector<int> kept;
  for (int index = 0; index < static_cast<int>(boxes.size()); ++index) {
    // An empty union makes the IoU not a number, which is above no threshold.
    const bool suppressed = std::any_of(kept.begin(), kept.end(), [&](int better) {
      return static_cast<double>(intersection_over_union(boxes[better], boxes[index])) > iou_threshold;
    });
    if (!suppressed) kept.push_back(index);
  }
  return kept;
}

// Candidates of this score vote, even if the score threshold is higher.
constexpr float kVotingScore = 0.01F;

// For each class 1.., the anchors that score at or above the threshold, as evaluations count (torchvision takes those
// above it). A score that is not a number reaches none.
std::vector<std::vector<Candidate>> find_candidates(const Tensor& class_logits, float score_threshold) {
  const auto anchors = static_cast<int>(class_logits.shape[1]);
  const auto classes = static_cast<std::size_t>(class_logits.shape[2]);
  std::vector<std::vector<Candidate>> candidates(classes);
  std::vector<float> scores(classes);
  for (int anchor = 0; anchor < anchors; ++anchor) {
    softmax({class_logits.values.data() + anchor * classes, classes}, scores);
    for (std::size_t label = 1; label < classes; ++label) {
      if (scores[label] >= score_threshold) {
        candidates[label].push_back({anchor, scores[label], static_cast<int>(label), {}});
      }
    }
  }
  return candidates;
}

// Keeps the `count` best, best first; equal scores in the order of their anchors.
void keep_best(std::vector<Candidate>& candidates, int count) {
  const auto kept = std::min(candidates.size(), static_cast<std::size_t>(std::max(count, 0)));
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept), candidates.end(),
                    [](const Candidate& a, const Candidate& b) {
                      return a.score != b.score ? a.score > b.score : a.anchor < b.anchor;
                    });
  candidates.resize(kept);
}

struct BoxDecoder {
  std::span<const float> deltas;
  std::span<const float> anchors;
  std::array<float, 4> weights;
  AnchorFormat anchor_format;
  float input_width;
  float input_height;

  // torchvision's BoxCoder.decode_single and clip_boxes_to_image.
  Corners decode(int anchor) const {
    static const float largest_log_size = static_cast<float>(std::log(1000.0 / 16.0));
    const float* a = anchors.data() + std::ptrdiff_t{4} * anchor;
    const float* delta = deltas.data() + std::ptrdiff_t{4} * anchor;
    const bool corners = anchor_format == AnchorFormat::kCorners;
    const float width = corners ? a[2] - a[0] : a[2];
    const float height = corners ? a[3] - a[1] : a[3];
    const float anchor_x = corners ? a[0] + 0.5F * width : a[0];
    const float anchor_y = corners ? a[1] + 0.5F * height : a[1];

    const float centre_x = delta[0] / weights[0] * width + anchor_x;
    const float centre_y = delta[1] / weights[1] * height + anchor_y;
    const float half_width = 0.5F * (std::exp(std::min(delta[2] / weights[2], largest_log_size)) * width);
    const float half_height = 0.5F * (std::exp(std::min(delta[3] / weights[3], largest_log_size)) * height);
    return {
        std::clamp(centre_x - half_width, 0.0F, input_width), std::clamp(centre_y - half_height, 0.0F, input_height),
        std::clamp(centre_x + half_width, 0.0F, input_width), std::clamp(centre_y + half_height, 0.0F, input_height)};
  }
};

// What to add to the boxes of class 1 before suppression; class 2 gets twice as much. torchvision keeps classes apart
// by such an offset while there are few candidates. Here each class is suppressed by itself, but the rounding of
// the shifted coordinates decides near the IoU threshold, and it should decide alike.
float class_offset(const std::vector<std::vector<Candidate>>& candidates) {
  constexpr std::size_t kMostShifted = 1000;  // torchvision: 4000 numbers, four for each box
  std::size_t count = 0;
  float largest = 0.0F;
  for (const std::vector<Candidate>& of_class : candidates) {
    count += of_class.size();
    for (const Candidate& candidate : of_class) largest = std::max({largest, candidate.box.x2, candidate.box.y2});
  }
  return count > kMostShifted ? 0.0F : largest + 1.0F;
}

std::vector<Candidate> suppress_class(const std::vector<Candidate>& candidates, float offset, double iou_threshold) {
  std::vector<Corners> shifted;
  shifted.reserve(candidates.size());
  for (const auto& [anchor, score, class_index, box] : candidates) {
    const float shift = static_cast<float>(class_index) * offset;
    shifted.push_back({box.x1 + shift, box.y1 + shift, box.x2 + shift, box.y2 + shift});
  }
  std::vector<Candidate> kept;
  for (const int index : suppress(shifted, iou_threshold)) kept.push_back(candidates[index]);
  return kept;
}

// The mean, weighted by score, of the candidates that overlap `kept` by the IoU threshold or more: at least its own.
Corners vote(const Candidate& kept, const std::vector<Candidate>& candidates, double iou_threshold) {
  double weight = 0.0;
  std::array<double, 4> sum{};
  for (const auto& [anchor, score, class_index, box] : candidates) {
    const bool votes = anchor == kept.anchor || intersection_over_union(kept.box, box) >= iou_threshold;
    if (!votes) continue;
    const double share = score;
    sum = {sum[0] + share * box.x1, sum[1] + share * box.y1, sum[2] + share * box.x2, sum[3] + share * box.y2};
    weight += share;
  }
  if (weight == 0.0) return kept.box;  // a threshold of 0 lets boxes of that score stay
  const auto mean = [&](int side) { return static_cast<float>(sum[side] / weight); };
  return {mean(0), mean(1), mean(2), mean(3)};
}

ScoredBox to_scored_box(const Candidate& candidate) {
  const auto& [x1, y1, x2, y2] = candidate.box;
  const Box box{x1, y1, static_cast<double>(x2) - x1, static_cast<double>(y2) - y1};
  return {box, candidate.score, candidate.class_index};
}

}  // namespace

void softmax(std::span<const float> logits, std::span<float> probabilities) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0.0F;
  for (std::size_t index = 0; index < logits.size(); ++index) {
    probabilities[index] = std::exp(logits[index] - largest);
    sum += probabilities[index];
  }
  for (float& probability : probabilities) probability /= sum;
}

std::vector<ScoredBox> decode_ssd(const SsdHeads& heads, const std::array<double, 4>& box_weights,
                                  AnchorFormat anchor_format, int input_width, int input_height,
                                  const SsdOptions& options) {
  std::array<float, 4> weights{};
  std::transform(box_weights.begin(), box_weights.end(), weights.begin(),
                 [](double weight) { return static_cast<float>(weight); });
  const BoxDecoder decoder{
      heads.box_deltas.values,         heads.anchors.values, weights, anchor_format, static_cast<float>(input_width),
      static_cast<float>(input_height)};

  const bool voting = options.box_voting_iou < 1.0;
  const auto score_threshold = static_cast<float>(options.score_threshold);  // as PyTorch compares
  const float candidate_score = voting ? std::min(score_threshold, kVotingScore) : score_threshold;
  std::vector<std::vector<Candidate>> candidates = find_candidates(heads.class_logits, candidate_score);
  for (std::vector<Candidate>& of_class : candidates) {
    keep_best(of_class, options.top_k);
    for (Candidate& candidate : of_class) candidate.box = decoder.decode(candidate.anchor);
    std::erase_if(of_class, [](const Candidate& candidate) { return !is_finite(candidate.box); });
  }

  const float offset = class_offset(candidates);
  std::vector<Candidate> kept;
  for (const std::vector<Candidate>& of_class : candidates) {
    std::vector<Candidate> survivors = suppress_class(of_class, offset, options.nms_iou);
    if (voting) {
      std::erase_if(survivors, [&](const Candidate& survivor) { return survivor.score < score_threshold; });
      for (Candidate& survivor : survivors) survivor.box = vote(survivor, of_class, options.box_voting_iou);
    }
    kept.insert(kept.end(), survivors.begin(), survivors.end());
  }
  std::stable_sort(kept.begin(), kept.end(), [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  kept.resize(std::min(kept.size(), static_cast<std::size_t>(std::max(options.max_detections, 0))));

  std::vector<ScoredBox> result;
  std::transform(kept.begin(), kept.end(), std::back_inserter(result), to_scored_box);
  return result;
}

}  // namespace bonescan
