#include "bonescan/metrics/resampler.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <set>

#include "bonescan/metrics/precision_recall.h"

namespace bonescan {

namespace {

using Weights = std::span<const std::uint32_t>;

double weighted_sum(std::span<const std::uint32_t> counts, Weights weights) {
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) sum += static_cast<double>(counts[i]) * weights[i];
  return sum;
}

// The true positives at one threshold in the ranking of a draw. `counted_to[i]`: weight of the detections up to and
// with i.
std::vector<RankedTruePositive> weighted_true_positives(std::span<const std::uint32_t> images,
                                                        std::span<const std::uint32_t> true_positives,
                                                        std::span<const std::uint32_t> ignored,
                                                        std::span<const double> counted_to, Weights weights) {
  std::vector<RankedTruePositive> ranked;
  ranked.reserve(true_positives.size());
  double true_positive_weight = 0.0, ignored_weight = 0.0;
  std::size_t next_ignored = 0;
  for (const std::uint32_t place : true_positives) {
    const std::uint32_t weight = weights[images[place]];
    if (weight == 0) continue;
    for (; next_ignored < ignored.size() && ignored[next_ignored] < place; ++next_ignored) {
      ignored_weight += weights[images[ignored[next_ignored]]];
    }
    true_positive_weight += weight;
    ranked.push_back({true_positive_weight, counted_to[place] - ignored_weight});
  }
  return ranked;
}

}  // namespace

Resampler::Resampler(std::span<const ImageMatches> images) {
  std::set<std::int64_t> categories;
  for (const ImageMatches& image : images) {
    image_iou_.push_back(image.image_iou);
    std::size_t ground_truth = 0;
    for (const ClassMatches& one : image.classes) {
      categories.insert(one.category_id);
      ground_truth += one.ground_truth;
    }
    ground_truth_.push_back(static_cast<std::uint32_t>(ground_truth));
  }
  for (const std::int64_t category : categories) rank_class(images, category);
  rank_marks(images);
}

void Resampler::rank_class(std::span<const ImageMatches> images, std::int64_t category_id) {
  struct Detection {
    std::uint32_t image = 0;
    const ScoredMatch* match = nullptr;
  };
  RankedClass ranked;
  ranked.ground_truth.resize(images.size());
  std::vector<Detection> detections;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    for (const ClassMatches& one : images[i].classes) {
      if (one.category_id != category_id) continue;
      ranked.ground_truth[i] += static_cast<std::uint32_t>(one.ground_truth);
      for (const ScoredMatch& match : one.matches) {
        if (match.within_limit) detections.push_back({i, &match});
      }
    }
  }
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.match->score > b.match->score; });
  for (std::uint32_t place = 0; place < detections.size(); ++place) {
    ranked.images.push_back(detections[place].image);
    for (std::size_t t = 0; t < kCocoIouThresholdCount; ++t) {
      if (detections[place].match->true_positive >> t & 1u) ranked.true_positives[t].push_back(place);
      if (detections[place].match->ignored >> t & 1u) ranked.ignored[t].push_back(place);
    }
  }
  classes_.push_back(std::move(ranked));
}

void Resampler::rank_marks(std::span<const ImageMatches> images) {
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    for (const ClassMatches& one : images[i].classes) {
      for (const ScoredMatch& match : one.matches) {
        if (!match.froc_ignored) marks_.push_back({match.score, i, match.froc_true_positive});
      }
    }
  }
  std::stable_sort(marks_.begin(), marks_.end(),
                   [](const RankedMark& a, const RankedMark& b) { return a.score > b.score; });
}

std::optional<Resampler::ClassPrecision> Resampler::class_precision(const RankedClass& ranked, Weights weights) const {
  const double ground_truth = weighted_sum(ranked.ground_truth, weights);
  if (ground_truth == 0.0) return std::nullopt;
  std::vector<double> counted_to(ranked.images.size());
  std::transform_inclusive_scan(ranked.images.begin(), ranked.images.end(), counted_to.begin(), std::plus<>(),
                                [&](std::uint32_t image) { return static_cast<double>(weights[image]); });
  ClassPrecision result;
  for (std::size_t t = 0; t < kCocoIouThresholdCount; ++t) {
    const double precision = average_precision(
        weighted_true_positives(ranked.images, ranked.true_positives[t], ranked.ignored[t], counted_to, weights),
        ground_truth);
    if (t == 0) result.ap50 = precision;
    result.ap += precision / static_cast<double>(kCocoIouThresholdCount);
  }
  return result;
}

std::optional<double> Resampler::sensitivity(Weights weights, double false_positives_per_image) const {
  const double ground_truth = weighted_sum(ground_truth_, weights);
  if (ground_truth == 0.0) return std::nullopt;
  const double allowed = false_positives_per_image * std::accumulate(weights.begin(), weights.end(), 0.0);
  double true_positives = 0.0, false_positives = 0.0;
  double sensitivity = 0.0;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    (marks_[i].true_positive ? true_positives : false_positives) += weights[marks_[i].image];
    if (false_positives > allowed) break;
    const bool score_ends = i + 1 == marks_.size() || marks_[i + 1].score != marks_[i].score;
    if (score_ends) sensitivity = true_positives / ground_truth;
  }
  return sensitivity;
}

std::optional<double> Resampler::mean_image_iou(Weights weights) const {
  double sum = 0.0, images = 0.0;
  for (std::size_t i = 0; i < image_iou_.size(); ++i) {
    if (!image_iou_[i]) continue;
    sum += weights[i] * *image_iou_[i];
    images += weights[i];
  }
  if (images == 0.0) return std::nullopt;
  return sum / images;
}

ResampledFigures Resampler::figures(Weights weights) const {
  ResampledFigures figures;
  ClassPrecision sum;
  std::size_t classes = 0;
  for (const RankedClass& ranked : classes_) {
    const std::optional<ClassPrecision> precision = class_precision(ranked, weights);
    if (!precision) continue;
    sum.ap += precision->ap;
    sum.ap50 += precision->ap50;
    ++classes;
  }
  if (classes > 0) {
    figures.ap = sum.ap / static_cast<double>(classes);
    figures.ap50 = sum.ap50 / static_cast<double>(classes);
  }
  figures.image_iou = mean_image_iou(weights);
  figures.sensitivity_at_1_fp = sensitivity(weights, 1.0);
  return figures;
}

}  // namespace bonescan
