// The reference system's four figures: mean and maximum over images of image IoU and image AP50.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bonescan/metrics/cells.h"
#include "bonescan/metrics/evaluation_set.h"
#include "bonescan/metrics/image_matches.h"

namespace bonescan {

struct ImageFigures {
  std::int64_t image_id = 0;
  std::size_t ground_truth = 0;     // boxes that count: neither crowd nor difficult
  std::optional<double> image_iou;  // undefined without such boxes
  std::optional<double> image_ap50;
};

struct PerImageSummary {
  std::vector<ImageFigures> images;  // in the order of the rows
  std::size_t images_counted = 0;    // with ground truth
  std::size_t images_excluded = 0;   // without; both figures are undefined there
  std::optional<double> iou_mean;    // undefined if no image counts
  std::optional<double> iou_max;
  std::optional<double> ap50_mean;
  std::optional<double> ap50_max;
};

// Of every box of `set.ground_truth` the best IoU with any detection of its image, of whatever class, whose score is at
// or above `score_threshold`; 0 if there is none, nullopt for boxes that do not count. `cells` as for image_ious.
std::vector<std::optional<double>> box_ious(const EvaluationSet& set, const Cells& cells, double score_threshold);

// The image_iou of every image, 0..1, in the order of `cells.image_ids`: mean over the image's ground-truth boxes
// that count of their box_ious; nullopt for an image without such boxes. `cells` are those of `set`, made without a
// limit on detections.
std::vector<std::optional<double>> image_ious(const EvaluationSet& set, const Cells& cells, double score_threshold);

// Of the rows that match_per_image makes. image_iou is theirs. image_ap50, 0..1: COCO 101-point AP at IoU 0.5 of that
// image alone, over the detections within the limit; the mean over the classes of which it has ground truth. Mean and
// maximum go over the images with at least one ground-truth box that is neither crowd nor difficult; all others say
// nothing in these figures, false positives on them included.
PerImageSummary image_figures(std::span<const ImageMatches> rows);

}  // namespace bonescan
