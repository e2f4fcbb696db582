// Compares a figure with its expected value, where both may be undefined.
#pragma once

#include <catch2/catch.hpp>
#include <optional>

namespace bonescan::test {

inline void check_figure(const std::optional<double>& actual, const std::optional<double>& expected,
                         double tolerance = 1e-9) {
  CHECK(actual.has_value() == expected.has_value());
  if (actual && expected) CHECK_THAT(*actual, Catch::Matchers::WithinAbs(*expected, tolerance));
}

}  // namespace bonescan::test
