// Uncertainty of figures: bootstrap over images, and the paired bootstrap of a difference.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "bonescan/metrics/image_matches.h"
#include "bonescan/metrics/intervals.h"
#include "bonescan/metrics/resampled_figures.h"

namespace bonescan {

struct BootstrapParameters {
  int replicates = 1000;
  std::uint64_t seed = 0;
  int threads = 0;  // 0: as many as there are cores; the result does not depend on it
};

using ResampledIntervals = OfResampledFigures<Interval>;

// Percentile intervals, 95 %: each replicate draws as many images as there are, with replacement, and
// computes the figures of the draw; the interval runs from the 2.5th to the 97.5th percentile (linear
// interpolation, as numpy.percentile) of the replicates where the figure is defined; undefined if it is
// in none, or if `parameters.replicates` is 0. Replicate r draws from its own generator, keyed by (seed, r), so
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

using PairedDifferences = OfResampledFigures<PairedDifference>;

// Every replicate draws the same images for both. `current[i]` and `baseline[i]` are the same image
// (std::invalid_argument if the ids differ). A difference is undefined where either side is, or if it is
// undefined in every replicate.
// Reference: Koehn, "Statistical significance tests for machine translation evaluation", EMNLP 2004.
PairedDifferences paired_bootstrap(std::span<const ImageMatches> current, std::span<const ImageMatches> baseline,
                                   const BootstrapParameters& parameters = {});

// The interval of bootstrap_intervals for per-image values of which only the mean is of interest (mask IoU,
// Dice): images where the value is undefined are left out. nullopt if that leaves none, or without replicates.
std::optional<Interval> bootstrap_mean(std::span<const std::optional<double>> values,
                                       const BootstrapParameters& parameters = {});

// As paired_bootstrap, for such values: `current[i]` and `baseline[i]` are the same image
// (std::invalid_argument if the sizes differ). Images where either side is undefined are left out; nullopt if
// that leaves none, or without replicates.
std::optional<PairedDifference> paired_bootstrap_mean(std::span<const std::optional<double>> current,
                                                      std::span<const std::optional<double>> baseline,
                                                      const BootstrapParameters& parameters = {});

}  // namespace bonescan
