#include "bonescan/metrics/bootstrap.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

#include "bonescan/core/threads.h"
#include "bonescan/metrics/resampler.h"

namespace bonescan {

namespace {

// How often each of `count` images is drawn in replicate `replicate`.
std::vector<std::uint32_t> draw_weights(std::size_t count, std::uint64_t seed, int replicate) {
  std::seed_seq key{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                    static_cast<std::uint32_t>(replicate)};
  std::mt19937_64 generator(key);
  std::vector<std::uint32_t> weights(count, 0);
  // Not uniform_int_distribution, whose numbers differ between standard libraries.
  for (std::size_t i = 0; i < count; ++i) ++weights[(generator() >> 32) * count >> 32];
  return weights;
}

// Calls `work(replicate)` for every replicate, in any order and on any thread.
template <typename Work>
void for_each_replicate(const BootstrapParameters& parameters, const Work& work) {
  run_on_threads(parameters.threads, [&] { tbb::parallel_for(0, std::max(parameters.replicates, 0), work); });
}

// As numpy.percentile with linear interpolation; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double percent) {
  const double place = percent / 100.0 * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

std::optional<Interval> percentile_interval(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Interval{percentile(values, 2.5), percentile(values, 97.5)};
}

std::vector<double> defined_values(const std::vector<std::optional<double>>& values) {
  std::vector<double> defined;
  for (const std::optional<double>& value : values) {
    if (value) defined.push_back(*value);
  }
  return defined;
}

std::vector<double> defined_values(const std::vector<ResampledFigures>& replicates, ResampledFigure figure) {
  std::vector<double> defined;
  for (const ResampledFigures& replicate : replicates) {
    if (replicate.*figure) defined.push_back(*(replicate.*figure));
  }
  return defined;
}

std::optional<double> difference(const std::optional<double>& current, const std::optional<double>& baseline) {
  if (!current || !baseline) return std::nullopt;
  return *current - *baseline;
}

// `replicates`: the difference in each replicate where it is defined.
std::optional<PairedDifference> summarize_difference(const std::optional<double>& observed,
                                                     const std::vector<double>& replicates) {
  const std::optional<Interval> interval = percentile_interval(replicates);
  if (!observed || !interval) return std::nullopt;
  const auto share = [&](auto holds) {
    const auto count = std::count_if(replicates.begin(), replicates.end(), holds);
    return (static_cast<double>(count) + 1.0) / (static_cast<double>(replicates.size()) + 1.0);
  };
  return PairedDifference{*observed, *interval, share([](double value) { return value >= 0.0; }),
                          share([](double value) { return value <= 0.0; })};
}

ResampledFigures difference(const ResampledFigures& current, const ResampledFigures& baseline) {
  return of_each_figure<double>([&](ResampledFigure figure) { return difference(current.*figure, baseline.*figure); });
}

std::vector<std::uint32_t> ones(std::size_t count) {
  return std::vector<std::uint32_t>(count, 1);
}

double weighted_mean(std::span<const double> values, std::span<const std::uint32_t> weights) {
  double sum = 0.0, total = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

// The mean of every replicate's draw; empty without values.
std::vector<double> resampled_means(const std::vector<double>& values, const BootstrapParameters& parameters) {
  if (values.empty()) return {};
  std::vector<double> means(static_cast<std::size_t>(std::max(parameters.replicates, 0)));
  for_each_replicate(parameters, [&](int replicate) {
    means[static_cast<std::size_t>(replicate)] =
        weighted_mean(values, draw_weights(values.size(), parameters.seed, replicate));
  });
  return means;
}

}  // namespace

ResampledIntervals bootstrap_intervals(std::span<const ImageMatches> images, const BootstrapParameters& parameters) {
  const Resampler resampler(images);
  std::vector<ResampledFigures> replicates(static_cast<std::size_t>(std::max(parameters.replicates, 0)));
  for_each_replicate(parameters, [&](int replicate) {
    replicates[static_cast<std::size_t>(replicate)] =
        resampler.figures(draw_weights(images.size(), parameters.seed, replicate));
  });
  return of_each_figure<Interval>(
      [&](ResampledFigure figure) { return percentile_interval(defined_values(replicates, figure)); });
}

PairedDifferences paired_bootstrap(std::span<const ImageMatches> current, std::span<const ImageMatches> baseline,
                                   const BootstrapParameters& parameters) {
  const bool same_images =
      std::equal(current.begin(), current.end(), baseline.begin(), baseline.end(),
                 [](const ImageMatches& a, const ImageMatches& b) { return a.image_id == b.image_id; });
  if (!same_images) throw std::invalid_argument("a paired bootstrap needs the same images on both sides");

  const Resampler now(current), before(baseline);
  const auto figures = [&](std::span<const std::uint32_t> weights) {
    return difference(now.figures(weights), before.figures(weights));
  };
  const ResampledFigures observed = figures(ones(current.size()));
  std::vector<ResampledFigures> replicates(static_cast<std::size_t>(std::max(parameters.replicates, 0)));
  for_each_replicate(parameters, [&](int replicate) {
    replicates[static_cast<std::size_t>(replicate)] = figures(draw_weights(current.size(), parameters.seed, replicate));
  });
  return of_each_figure<PairedDifference>([&](ResampledFigure figure) {
    return summarize_difference(observed.*figure, defined_values(replicates, figure));
  });
}

std::optional<Interval> bootstrap_mean(std::span<const std::optional<double>> values,
                                       const BootstrapParameters& parameters) {
  return percentile_interval(resampled_means(defined_values({values.begin(), values.end()}), parameters));
}

std::optional<PairedDifference> paired_bootstrap_mean(std::span<const std::optional<double>> current,
                                                      std::span<const std::optional<double>> baseline,
                                                      const BootstrapParameters& parameters) {
  if (current.size() != baseline.size()) {
    throw std::invalid_argument("a paired bootstrap needs the same images on both sides");
  }
  std::vector<double> differences;
  for (std::size_t i = 0; i < current.size(); ++i) {
    if (const auto value = difference(current[i], baseline[i])) differences.push_back(*value);
  }
  if (differences.empty()) return std::nullopt;
  return summarize_difference(weighted_mean(differences, ones(differences.size())),
                              resampled_means(differences, parameters));
}

}  // namespace bonescan
