// Overlap of binary masks: IoU, Dice, pixel accuracy, boundary F-score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace bonescan {

// Rows top to bottom without padding, width * height elements, any value but 0 is foreground.
struct MaskView {
  std::span<const std::uint8_t> pixels;
  int width = 0;
  int height = 0;
};

// Pixels by ground truth and prediction.
struct PixelCounts {
  std::uint64_t true_positives = 0;
  std::uint64_t false_positives = 0;
  std::uint64_t false_negatives = 0;
  std::uint64_t true_negatives = 0;

  PixelCounts& operator+=(const PixelCounts& other);
};

// Both masks have the same size and width * height pixels; it is a bug if they have not (std::invalid_argument).
PixelCounts count_pixels(const MaskView& ground_truth, const MaskView& prediction);

// TP / (TP + FP + FN) (Jaccard); undefined if both masks are empty, 0 if one is.
std::optional<double> mask_iou(const PixelCounts& counts);

// 2 TP / (2 TP + FP + FN) (Dice 1945, Sorensen 1948; pixelwise F1); undefined if both masks are empty.
std::optional<double> mask_dice(const PixelCounts& counts);

// (TP + TN) / pixels; undefined for an image without pixels.
std::optional<double> pixel_accuracy(const PixelCounts& counts);

// Boundary F-score: 2 P R / (P + R) with P the share of predicted boundary pixels that have a true
// boundary pixel within `tolerance` pixels (Euclidean distance between pixel centres), R the reverse.
// A boundary pixel is a foreground pixel with a background pixel among its 4 neighbours; the border of the
// image is no boundary: a bone that leaves the picture does not end there. Undefined if neither mask has a boundary, 0
// if only one has. Reference: Csurka, Larlus & Perronnin, "What is a good evaluation measure for semantic
// segmentation?", BMVC 2013 (matching within a distance, many-to-one). Sizes as in count_pixels.
std::optional<double> boundary_f_score(const MaskView& ground_truth, const MaskView& prediction,
                                       double tolerance = 2.0);

struct MaskFigures {
  PixelCounts counts;
  std::optional<double> iou;
  std::optional<double> dice;
  std::optional<double> accuracy;
  std::optional<double> boundary_f;
};

// All figures of one image; masks as in count_pixels, the boundary's tolerance as in boundary_f_score.
MaskFigures mask_figures(const MaskView& ground_truth, const MaskView& prediction);

// Means and maxima go over the images where the figure is defined.
struct MaskSummary {
  std::size_t images = 0;
  std::size_t both_empty = 0;  // IoU and Dice undefined there
  std::optional<double> iou_mean;
  std::optional<double> iou_max;
  std::optional<double> dice_mean;
  std::optional<double> dice_max;
  std::optional<double> pixel_accuracy;  // mean over images
  std::optional<double> boundary_f_mean;
  std::optional<double> iou_global;  // of the counts summed over all images
  std::optional<double> dice_global;
};

MaskSummary summarize_masks(std::span<const MaskFigures> images);

}  // namespace bonescan
