// Proportions, and their confidence intervals.
#pragma once

#include <cstddef>
#include <optional>

namespace bonescan {

// part / whole; undefined (nullopt) where the whole is 0.
std::optional<double> ratio(std::size_t part, std::size_t whole);

struct Interval {
  double lower = 0.0;
  double upper = 0.0;
};

// 95 % score interval of Wilson, without continuity correction. nullopt without trials.
// Reference: Wilson, J. Am. Stat. Assoc. 22 (1927) 209; Brown, Cai & DasGupta, Stat. Sci. 16 (2001) 101.
std::optional<Interval> wilson_interval(std::size_t successes, std::size_t trials);

}  // namespace bonescan
