// Charts: well-formed, and points where they belong.
#include "bonescan/report/svg_chart.h"

#include <catch2/catch.hpp>
#include <pugixml.hpp>

namespace bonescan {

TEST_CASE("Charts are well-formed XML, whatever the labels hold") {
  pugi::xml_document document;
  const std::string line = line_chart({{0.0, 1.0}, {1.0, 0.5}}, unit_axis("a < b & c"), unit_axis("y"), false);
  CHECK(document.load_string(line.c_str()));
  const std::string bars = histogram({{"hits", {0.1, 1.0}}, {"none", {}}}, "score");
  CHECK(document.load_string(bars.c_str()));
}

// The plot of a chart of 420 x 280 lies within its margins, x from 52 to 406 and y from 28 to 234.

TEST_CASE("A stepped curve keeps its height until the next point") {
  const std::string svg = line_chart({{0.0, 0.0}, {0.5, 1.0}}, unit_axis("x"), unit_axis("y"), true);
  // Along to the middle, then up, then on to the right end.
  CHECK_THAT(svg, Catch::Matchers::Contains("d=\"M52.0 234.0H229.0V28.0H406.0\""));
}

TEST_CASE("A curve goes to each place of the chart once, however many points it has") {
  std::vector<ChartPoint> points;
  for (int i = 0; i <= 100'000; ++i) points.push_back({i / 100'000.0, i / 100'000.0});
  const std::string svg = line_chart(points, unit_axis("x"), unit_axis("y"), true);
  CHECK(svg.size() < 100'000);
  CHECK_THAT(svg, Catch::Matchers::Contains("d=\"M52.0 234.0H") && Catch::Matchers::Contains("H406.0V28.0H406.0\""));
}

TEST_CASE("A value of 1 falls into the last bin") {
  const std::string svg = histogram({{"values", {1.0}}}, "x");
  // All of the values: the last bar, at the right end, is as high as the chart.
  CHECK_THAT(svg, Catch::Matchers::Contains("x=\"388.8\" y=\"28.0\"") && Catch::Matchers::Contains("height=\"206.0\""));
}

}  // namespace bonescan
