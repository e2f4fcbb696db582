// Charts as inline SVG: no script, no network. The page around one says what it shows.
#pragma once

#include <string>
#include <vector>

namespace bonescan {

struct ChartPoint {
  double x = 0.0;
  double y = 0.0;
};

struct AxisTick {
  double value = 0.0;
  std::string label;
};

struct ChartAxis {
  std::string label;
  double from = 0.0;
  double to = 1.0;
  bool logarithmic = false;
  std::vector<AxisTick> ticks;
};

// 0, 0.2, ... 1.
ChartAxis unit_axis(const std::string& label);

// A curve; with `stepped` every point's y holds until the next point's x.
std::string line_chart(const std::vector<ChartPoint>& points, const ChartAxis& x, const ChartAxis& y, bool stepped);

// Values of one kind, shown as the share of them in each bin.
struct HistogramSeries {
  std::string name;
  std::vector<double> values;  // 0..1
};

// Up to two series side by side in 20 bins over 0..1; the number of values stands in the legend.
std::string histogram(const std::vector<HistogramSeries>& series, const std::string& x_label);

}  // namespace bonescan
