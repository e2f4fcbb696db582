#include "bonescan/metrics/intervals.h"

#include <algorithm>
#include <cmath>

namespace bonescan {

namespace {

// The 97.5th percentile of the normal distribution.
constexpr double kNormalQuantile = 1.959963984540054;

}  // namespace

std::optional<double> ratio(std::size_t part, std::size_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::optional<Interval> wilson_interval(std::size_t successes, std::size_t trials) {
  if (trials == 0) return std::nullopt;
  const double n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double z2 = kNormalQuantile * kNormalQuantile;
  const double centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
  const double half_width =
      kNormalQuantile * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n);
  return Interval{std::max(0.0, centre - half_width), std::min(1.0, centre + half_width)};
}

}  // namespace bonescan
