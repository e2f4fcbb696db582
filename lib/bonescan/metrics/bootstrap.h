// Uncertainty of figures: bootstrap over images, and the paired bootstrap of a difference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/evaluation_set.h"
#include "bonescan/metrics/intervals.h"

namespace bonescan {

// One detection of an image at the ten COCO IoU thresholds: bit t of `hit` (`ignored`) says that it is a
// true positive (counts for nothing) at the t-th threshold; bit 0 is IoU 0.5. `froc_hit`, `froc_ignored`:
// the same in the FROC's matching.
struct ScoredMatch {
  double score = 0.0;
  std::uint16_t hit = 0;
  std::uint16_t ignored = 0;
  bool within_limit = true;  // among the first `max_detections` of its image and class: counts for AP
  bool froc_hit = false;
  bool froc_ignored = false;
};

struct ClassMatches {
  std::int64_t category_id = 0;
  std::size_t ground_truth = 0;      // neither crowd nor difficult
  std::vector<ScoredMatch> matches;  // descending score, equal scores in file order
};

// All that a resample needs of one image, small enough to stand in a report: AP of any multiset of
// images follows from these rows without matching anything again.
struct ImageMatches {
  std::int64_t image_id = 0;
  std::optional<double> image_iou;    // see image_figures.h
  std::vector<ClassMatches> classes;  // those with ground truth or detections in this image
};

// In ascending order of image id, as the COCO figures take the images. `score_threshold` is that of
// image_iou, `froc_iou_threshold` that of the FROC.
std::vector<ImageMatches> match_per_image(const EvaluationSet& set, double score_threshold, int max_detections = 100,
                                          double froc_iou_threshold = 0.5);

// The figures that are resampled. The names are those of report.json. Undefined as in their definitions.
struct ResampledFigures {
  std::optional<double> ap50;
  std::optional<double> ap;
  std::optional<double> image_iou;            // mean over images with ground truth
  std::optional<double> sensitivity_at_1_fp;  // FROC as a step function at 1 false positive per image
};

// The figures of the images themselves: image i counts `weights[i]` times (empty: once each). The parts
// equal evaluate_coco, image_figures and froc_sensitivity.
ResampledFigures figures_of_images(std::span<const ImageMatches> images, std::span<const std::uint32_t> weights = {});

struct BootstrapParameters {
  int replicates = 1000;
  std::uint64_t seed = 0;
  int threads = 0;  // 0: as many as there are cores; the result does not depend on it
};

struct ResampledIntervals {
  std::optional<Interval> ap50;
  std::optional<Interval> ap;
  std::optional<Interval> image_iou;
  std::optional<Interval> sensitivity_at_1_fp;
  int replicates = 0;
};

// Percentile intervals, 95 %: each replicate draws as many images as there are, with replacement, and
// computes the figures of the draw; the interval runs from the 2.5th to the 97.5th percentile (linear
// interpolation, as numpy.percentile) of the replicates where the figure is defined; undefined if it is
// in none, or if `replicates` is 0. Replicate r draws from its own generator, keyed by (seed, r), so
// that the result is the same bit for bit on any number of threads.
// Reference: Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
ResampledIntervals bootstrap_intervals(std::span<const ImageMatches> images,
                                       const BootstrapParameters& parameters = {});

// The difference of one figure between two results on the same images.
struct PairedDifference {
  double difference = 0.0;  // current minus baseline, on the images themselves
  Interval interval;        // 95 % percentile interval of it
  // The share of replicates in which current is not worse (not better) than baseline: how likely a drop
  // (a gain) would be noise. Counted with +1 in numerator and denominator, so never 0.
  double probability_not_worse = 0.0;
  double probability_not_better = 0.0;
};

struct PairedDifferences {
  std::optional<PairedDifference> ap50;
  std::optional<PairedDifference> ap;
  std::optional<PairedDifference> image_iou;
  std::optional<PairedDifference> sensitivity_at_1_fp;
};

// Every replicate draws the same images for both. `current[i]` and `baseline[i]` are the same image
// (std::invalid_argument if the ids differ). A difference is undefined where either side is.
// Reference: Koehn, "Statistical significance tests for machine translation evaluation", EMNLP 2004.
PairedDifferences paired_bootstrap(std::span<const ImageMatches> current, std::span<const ImageMatches> baseline,
                                   const BootstrapParameters& parameters = {});

// For per-image values of which only the mean is of interest (mask IoU, Dice): images where the value is
// undefined are left out.
std::optional<Interval> bootstrap_mean(std::span<const std::optional<double>> values,
                                       const BootstrapParameters& parameters = {});

// Images where either side is undefined are left out.
std::optional<PairedDifference> paired_bootstrap_mean(std::span<const std::optional<double>> current,
                                                      std::span<const std::optional<double>> baseline,
                                                      const BootstrapParameters& parameters = {});

}  // namespace bonescan
