#include "bonescan/metrics/mask_metrics.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "bonescan/metrics/intervals.h"

namespace bonescan {

namespace {

struct Pixel {
  int x = 0;
  int y = 0;
};

void require_same_size(const MaskView& a, const MaskView& b) {
  const auto pixels = static_cast<std::size_t>(a.width) * static_cast<std::size_t>(a.height);
  if (a.width != b.width || a.height != b.height || a.pixels.size() != pixels || b.pixels.size() != pixels) {
    throw std::invalid_argument("masks of different sizes were compared");
  }
}

std::size_t place(const MaskView& mask, int x, int y) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) + static_cast<std::size_t>(x);
}

bool is_boundary(const MaskView& mask, int x, int y) {
  if (!mask.pixels[place(mask, x, y)]) return false;
  return (x > 0 && !mask.pixels[place(mask, x - 1, y)]) ||
         (x + 1 < mask.width && !mask.pixels[place(mask, x + 1, y)]) ||
         (y > 0 && !mask.pixels[place(mask, x, y - 1)]) || (y + 1 < mask.height && !mask.pixels[place(mask, x, y + 1)]);
}

std::vector<Pixel> boundary_pixels(const MaskView& mask) {
  std::vector<Pixel> boundary;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (is_boundary(mask, x, y)) boundary.push_back({x, y});
    }
  }
  return boundary;
}

std::vector<Pixel> disk_offsets(double radius) {
  const int reach = static_cast<int>(radius);
  std::vector<Pixel> offsets;
  for (int y = -reach; y <= reach; ++y) {
    for (int x = -reach; x <= reach; ++x) {
      if (x * x + y * y <= radius * radius) offsets.push_back({x, y});
    }
  }
  return offsets;
}

// How many of `pixels` have a boundary pixel of `mask` within the disk.
std::size_t count_near(const std::vector<Pixel>& pixels, const MaskView& mask, const std::vector<Pixel>& disk) {
  return static_cast<std::size_t>(std::count_if(pixels.begin(), pixels.end(), [&](const Pixel& pixel) {
    return std::any_of(disk.begin(), disk.end(), [&](const Pixel& offset) {
      const int x = pixel.x + offset.x, y = pixel.y + offset.y;
      return x >= 0 && y >= 0 && x < mask.width && y < mask.height && is_boundary(mask, x, y);
    });
  }));
}

// Mean and maximum over the images where the figure is defined.
struct MeanAndMaximum {
  std::optional<double> mean;
  std::optional<double> maximum;
};

MeanAndMaximum over_images(std::span<const MaskFigures> images, std::optional<double> MaskFigures::*figure) {
  MeanAndMaximum result;
  double sum = 0.0;
  std::size_t defined = 0;
  for (const MaskFigures& image : images) {
    if (!(image.*figure)) continue;
    sum += *(image.*figure);
    ++defined;
    result.maximum = std::max(result.maximum, image.*figure);
  }
  if (defined > 0) result.mean = sum / static_cast<double>(defined);
  return result;
}

}  // namespace

PixelCounts& PixelCounts::operator+=(const PixelCounts& other) {
  true_positives += other.true_positives;
  false_positives += other.false_positives;
  false_negatives += other.false_negatives;
  true_negatives += other.true_negatives;
  return *this;
}

PixelCounts count_pixels(const MaskView& ground_truth, const MaskView& prediction) {
  require_same_size(ground_truth, prediction);
  PixelCounts counts;
  for (std::size_t i = 0; i < ground_truth.pixels.size(); ++i) {
    const bool truth = ground_truth.pixels[i] != 0, predicted = prediction.pixels[i] != 0;
    counts.true_positives += truth && predicted;
    counts.false_positives += !truth && predicted;
    counts.false_negatives += truth && !predicted;
    counts.true_negatives += !truth && !predicted;
  }
  return counts;
}

std::optional<double> mask_iou(const PixelCounts& counts) {
  return ratio(counts.true_positives, counts.true_positives + counts.false_positives + counts.false_negatives);
}

std::optional<double> mask_dice(const PixelCounts& counts) {
  return ratio(2 * counts.true_positives, 2 * counts.true_positives + counts.false_positives + counts.false_negatives);
}

std::optional<double> pixel_accuracy(const PixelCounts& counts) {
  const std::uint64_t right = counts.true_positives + counts.true_negatives;
  return ratio(right, right + counts.false_positives + counts.false_negatives);
}

std::optional<double> boundary_f_score(const MaskView& ground_truth, const MaskView& prediction, double tolerance) {
  require_same_size(ground_truth, prediction);
  const std::vector<Pixel> true_boundary = boundary_pixels(ground_truth);
  const std::vector<Pixel> predicted_boundary = boundary_pixels(prediction);
  if (true_boundary.empty() && predicted_boundary.empty()) return std::nullopt;
  if (true_boundary.empty() || predicted_boundary.empty()) return 0.0;

  const std::vector<Pixel> disk = disk_offsets(tolerance);
  const double precision = *ratio(count_near(predicted_boundary, ground_truth, disk), predicted_boundary.size());
  const double recall = *ratio(count_near(true_boundary, prediction, disk), true_boundary.size());
  return precision + recall > 0.0 ? 2.0 * precision * recall / (precision + recall) : 0.0;
}

MaskFigures mask_figures(const MaskView& ground_truth, const MaskView& prediction) {
  MaskFigures figures;
  figures.counts = count_pixels(ground_truth, prediction);
  figures.iou = mask_iou(figures.counts);
  figures.dice = mask_dice(figures.counts);
  figures.accuracy = pixel_accuracy(figures.counts);
  figures.boundary_f = boundary_f_score(ground_truth, prediction);
  return figures;
}

MaskSummary summarize_masks(std::span<const MaskFigures> images) {
  MaskSummary summary;
  summary.images = images.size();
  PixelCounts total;
  for (const MaskFigures& image : images) {
    total += image.counts;
    summary.both_empty += !image.iou;
  }
  const auto [iou_mean, iou_max] = over_images(images, &MaskFigures::iou);
  const auto [dice_mean, dice_max] = over_images(images, &MaskFigures::dice);
  summary.iou_mean = iou_mean;
  summary.iou_max = iou_max;
  summary.dice_mean = dice_mean;
  summary.dice_max = dice_max;
  summary.pixel_accuracy = over_images(images, &MaskFigures::accuracy).mean;
  summary.boundary_f_mean = over_images(images, &MaskFigures::boundary_f).mean;
  summary.iou_global = mask_iou(total);
  summary.dice_global = mask_dice(total);
  return summary;
}

}  // namespace bonescan
