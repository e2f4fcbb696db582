#include "bonescan/metrics/intervals.h"

#include <catch2/catch.hpp>

#include "metrics/check_figure.h"
#include "metrics/eval_case.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace {

void check_interval(const std::optional<Interval>& interval, double lower, double upper) {
  REQUIRE(interval.has_value());
  check_figure(interval->lower, lower);
  check_figure(interval->upper, upper);
}

}  // namespace

TEST_CASE("intervals of a proportion equal scipy's") {
  // scipy 1.10.1: 41 of 61.
  check_interval(wilson_interval(41, 61), 0.5472180631353664, 0.7766488020144636);
  const auto more = shared("eval-cases/other/binomial_intervals.json");
  if (!more) return;
  const Json cases = read_json_file(*more).at("cases");
  REQUIRE_FALSE(cases.empty());
  for (const Json& one : cases) {
    INFO(one.at("successes") << " of " << one.at("trials"));
    check_interval(wilson_interval(one.at("successes"), one.at("trials")), one.at("wilson95")[0],
                   one.at("wilson95")[1]);
  }
}

TEST_CASE("without trials there is no interval, and with none or all successful it ends at 0 or 1") {
  CHECK_FALSE(wilson_interval(0, 0).has_value());
  CHECK(wilson_interval(0, 5)->lower == 0.0);
  CHECK(wilson_interval(5, 5)->upper == Approx(1.0));
}

}  // namespace bonescan::test
