#include "bonescan/metrics/image_level.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <unordered_set>

namespace bonescan {

namespace {

struct ImageCounts {
  std::size_t positives = 0;
  std::size_t negatives = 0;
};

ImageCounts count_images(std::span<const ScoredImage> images) {
  ImageCounts counts;
  for (const ScoredImage& image : images) ++(image.positive ? counts.positives : counts.negatives);
  return counts;
}

std::vector<ScoredImage> by_descending_score(std::span<const ScoredImage> images) {
  std::vector<ScoredImage> sorted(images.begin(), images.end());
  std::sort(sorted.begin(), sorted.end(), [](const ScoredImage& a, const ScoredImage& b) { return a.score > b.score; });
  return sorted;
}

}  // namespace

std::vector<ScoredImage> score_images(const EvaluationSet& set) {
  const std::unordered_set<std::int64_t> categories(set.category_ids.begin(), set.category_ids.end());
  std::unordered_map<std::int64_t, ScoredImage> by_id;
  for (const std::int64_t id : set.image_ids) by_id.emplace(id, ScoredImage{});
  // The image that a box belongs to; null for a box that is left out.
  const auto image_of = [&](const auto& box) -> ScoredImage* {
    const auto image = by_id.find(box.image_id);
    return image != by_id.end() && categories.contains(box.category_id) ? &image->second : nullptr;
  };
  for (const GroundTruthBox& truth : set.ground_truth) {
    if (ScoredImage* image = image_of(truth)) image->positive = true;
  }
  for (const DetectedBox& detection : set.detections) {
    if (ScoredImage* image = image_of(detection)) image->score = std::max(image->score, std::optional(detection.score));
  }
  std::vector<ScoredImage> images;
  for (const std::int64_t id : set.image_ids) images.push_back(by_id.at(id));
  return images;
}

std::optional<double> image_level_auc(std::span<const ScoredImage> images) {
  const ImageCounts total = count_images(images);
  if (total.positives == 0 || total.negatives == 0) return std::nullopt;
  const std::vector<ScoredImage> sorted = by_descending_score(images);

  // Twice the number of pairs that are ranked right, ties once: integers, so exact.
  std::uint64_t twice_right = 0;
  std::size_t negatives_left = total.negatives;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin;
    while (end < sorted.size() && sorted[end].score == sorted[begin].score) ++end;
    const ImageCounts tied = count_images(std::span(sorted).subspan(begin, end - begin));
    negatives_left -= tied.negatives;
    twice_right += static_cast<std::uint64_t>(tied.positives) * (2 * negatives_left + tied.negatives);
    begin = end;
  }
  return static_cast<double>(twice_right) /
         (2.0 * static_cast<double>(total.positives) * static_cast<double>(total.negatives));
}

ImageLevelFigures image_level_figures(std::span<const ScoredImage> images, double score_threshold) {
  ImageLevelFigures figures;
  figures.score_threshold = score_threshold;
  for (const ScoredImage& image : images) {
    const bool called = image.score && *image.score >= score_threshold;
    if (image.positive) {
      ++(called ? figures.true_positives : figures.false_negatives);
    } else {
      ++(called ? figures.false_positives : figures.true_negatives);
    }
  }
  const std::size_t positives = figures.true_positives + figures.false_negatives;
  const std::size_t negatives = figures.true_negatives + figures.false_positives;
  figures.auc = image_level_auc(images);
  figures.sensitivity = ratio(figures.true_positives, positives);
  figures.specificity = ratio(figures.true_negatives, negatives);
  figures.sensitivity_interval = wilson_interval(figures.true_positives, positives);
  figures.specificity_interval = wilson_interval(figures.true_negatives, negatives);
  return figures;
}

std::vector<RocPoint> image_level_roc(std::span<const ScoredImage> images) {
  const ImageCounts total = count_images(images);
  if (total.positives == 0 || total.negatives == 0) return {};
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<RocPoint> curve{{kInfinity, 0.0, 0.0}};
  ImageCounts called;
  for (const ScoredImage& image : by_descending_score(images)) {
    ++(image.positive ? called.positives : called.negatives);
    const double threshold = image.score.value_or(-kInfinity);
    if (curve.back().score_threshold == threshold) curve.pop_back();
    curve.push_back({threshold, static_cast<double>(called.negatives) / static_cast<double>(total.negatives),
                     static_cast<double>(called.positives) / static_cast<double>(total.positives)});
  }
  return curve;
}

}  // namespace bonescan
