// The figures of a report by name, and which way is better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/metrics/intervals.h"

namespace bonescan {

struct Figure {
  std::string name;             // dotted: "metrics.ap50", "froc.3.sensitivity"
  std::optional<double> value;  // nullopt: undefined, null in the report
};

// Finds a number in the report by its dotted name (list elements by their index from 0) or by its last
// part where only one group of figures has it ("ap50"), or the operating point has ("precision"). Throws UsageError
// that lists the candidates if the name is not there, is not a number, or is not unique.
Figure find_figure(const Json& report, const std::string& name);

// The report's 95 % interval of a figure; nullopt if there is none.
std::optional<Interval> interval_of(const Json& report, const Figure& figure);

enum class Direction { kHigherIsBetter, kLowerIsBetter };

// A figure that says how good a result is.
struct QualityFigure {
  Figure figure;
  Direction direction = Direction::kHigherIsBetter;
  bool is_count = false;  // a number of boxes or images, not a share
  std::string part = {};  // the name of the class, region or size that it is of, "" of the whole set
};

// Whether two reports mean the same by them: classes, regions and sizes go by their names, wherever they stand.
bool are_same(const QualityFigure& one, const QualityFigure& other);

// All of them, the whole set's first: a higher precision is better, fewer false positives are better; a number of
// images or a threshold is neither, nor is where the best F1 has its balance. Of a single class the figures are the
// whole set's, and are not told twice.
std::vector<QualityFigure> quality_figures(const Json& report);

}  // namespace bonescan
