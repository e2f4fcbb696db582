#include "bonescan/report/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace bonescan {
namespace {

constexpr double kWidth = 420, kHeight = 280, kLeft = 52, kRight = 14, kTop = 28, kBottom = 46;
constexpr std::size_t kBins = 20;
constexpr std::array<const char*, 2> kSeriesClass = {"first", "second"};  // colours: the page's style sheet

double place(double value, const ChartAxis& axis) {
  const auto scaled = [&](double number) { return axis.logarithmic ? std::log(number) : number; };
  const double least = scaled(axis.from);
  return (scaled(std::clamp(value, axis.from, axis.to)) - least) / (scaled(axis.to) - least);
}

double x_of(double value, const ChartAxis& axis) {
  return kLeft + place(value, axis) * (kWidth - kLeft - kRight);
}

double y_of(double value, const ChartAxis& axis) {
  return kHeight - kBottom - place(value, axis) * (kHeight - kTop - kBottom);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char character : text) {
    if (character == '&')
      result += "&amp;";
    else if (character == '<')
      result += "&lt;";
    else
      result += character;
  }
  return result;
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, escaped(text));
}

std::string axes(const ChartAxis& x, const ChartAxis& y) {
  std::string svg;
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  for (const AxisTick& tick : x.ticks) {
    const double at = x_of(tick.value, x);
    svg += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", at, kTop, bottom);
    svg += text_at(at, bottom + 16, "middle", tick.label);
  }
  for (const AxisTick& tick : y.ticks) {
    const double at = y_of(tick.value, y);
    svg += fmt::format("<line class=\"grid\" y1=\"{0:.1f}\" y2=\"{0:.1f}\" x1=\"{1}\" x2=\"{2}\"/>", at, kLeft, right);
    svg += text_at(kLeft - 6, at + 4, "end", tick.label);
  }
  svg += text_at((kLeft + right) / 2, kHeight - 8, "middle", x.label);
  svg += fmt::format("<text transform=\"translate(13 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     (kTop + bottom) / 2, escaped(y.label));
  return svg;
}

std::string chart(const std::string& content) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" aria-hidden=\"true\">{}</svg>", kWidth, kHeight, content);
}

std::vector<double> shares(const std::vector<double>& values) {
  std::vector<double> bins(kBins);
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>(std::clamp(value, 0.0, 1.0) * kBins);
    bins[std::min(bin, kBins - 1)] += 1.0 / static_cast<double>(values.size());
  }
  return bins;
}

// 0 to a number at or above `most`, in five round steps.
ChartAxis share_axis(double most) {
  constexpr std::array kTops = {0.05, 0.1, 0.2, 0.25, 0.5, 1.0};
  const auto large_enough = std::find_if(kTops.begin(), kTops.end(), [&](double top) { return top >= most; });
  const double top = large_enough != kTops.end() ? *large_enough : kTops.back();
  ChartAxis axis{"share", 0.0, top, false, {}};
  for (int i = 0; i <= 5; ++i) axis.ticks.push_back({top * i / 5, fmt::format("{:.0f} %", top * i * 20)});
  return axis;
}

}  // namespace

ChartAxis unit_axis(const std::string& label) {
  ChartAxis axis{label, 0.0, 1.0, false, {}};
  for (int i = 0; i <= 5; ++i) axis.ticks.push_back({i / 5.0, fmt::format("{:.1f}", i / 5.0)});
  return axis;
}

std::string line_chart(const std::vector<ChartPoint>& points, const ChartAxis& x, const ChartAxis& y, bool stepped) {
  std::string path, last;
  for (const ChartPoint& point : points) {
    const std::string step = stepped && !path.empty()
                                 ? fmt::format("H{:.1f}V{:.1f}", x_of(point.x, x), y_of(point.y, y))
                                 : fmt::format("L{:.1f} {:.1f}", x_of(point.x, x), y_of(point.y, y));
    if (step == last) continue;  // a curve of a million detections has a few thousand places on the chart
    last = step;
    path += step;
  }
  if (!path.empty()) path[0] = 'M';
  if (stepped && !path.empty()) path += fmt::format("H{:.1f}", x_of(x.to, x));
  return chart(axes(x, y) + fmt::format("<path class=\"line\" d=\"{}\"/>", path));
}

std::string histogram(const std::vector<HistogramSeries>& series, const std::string& x_label) {
  const ChartAxis x = unit_axis(x_label);
  std::vector<std::vector<double>> bins;
  double most = 0.0;
  for (const HistogramSeries& one : series) {
    bins.push_back(shares(one.values));
    most = std::max(most, *std::max_element(bins.back().begin(), bins.back().end()));
  }
  const ChartAxis y = share_axis(most);
  std::string svg = axes(x, y);
  const double bar = (kWidth - kLeft - kRight) / kBins / static_cast<double>(series.size()) - 1.0;
  for (std::size_t s = 0; s < series.size(); ++s) {
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      const double left = x_of(static_cast<double>(bin) / kBins, x) + static_cast<double>(s) * (bar + 0.5) + 0.5;
      const double top = y_of(bins[s][bin], y);
      svg += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                         kSeriesClass[s], left, top, bar, kHeight - kBottom - top);
    }
    // Above the bars, side by side.
    const double legend_x = kLeft + static_cast<double>(s) * (kWidth - kLeft - kRight) / 2;
    svg += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"10\"/>", kSeriesClass[s],
                       legend_x, kTop - 19);
    svg += text_at(legend_x + 16, kTop - 10, "start", fmt::format("{} ({})", series[s].name, series[s].values.size()));
  }
  return chart(svg);
}

}  // namespace bonescan
