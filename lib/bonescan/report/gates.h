// Gates: requirements on figures, and comparison with a baseline. A CI job fails if one is not met.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/metrics/bootstrap.h"

namespace bonescan {

// What became of one requirement or of one figure of the baseline.
struct GateResult {
  std::string name;  // "ap50>=0.40"; "baseline metrics.ap50"
  bool met = false;
  std::string sentence;  // figure, value, bound and interval
};

enum class Comparison { kAtLeast, kAtMost, kEqual };

struct Requirement {
  std::string text;  // as the user wrote it
  std::string figure;
  Comparison comparison = Comparison::kAtLeast;
  double bound = 0.0;
};

// Parses "NAME>=NUMBER", "NAME<=NUMBER" or "NAME==NUMBER"; blanks around the parts are allowed. Throws UsageError.
Requirement parse_requirement(const std::string& text);

// An undefined figure meets no requirement; == allows for 1e-9. Throws UsageError for an unknown figure.
GateResult check_requirement(const Json& report, const Requirement& requirement);

// Paired differences (current minus baseline) by the dotted name of the figure.
using DifferencesByName = std::map<std::string, PairedDifference>;

// Compares every quality figure that both reports have: one result each. Worse by more than `max_drop`
// is not met; a count (false positives ...) may be worse by that share of the baseline's count. A figure
// that the baseline leaves undefined is met; one that has become undefined is not. Throws UsageError if
// the reports are of different tasks or share no figure.
std::vector<GateResult> check_baseline(const Json& report, const Json& baseline, double max_drop,
                                       const DifferencesByName& differences);

bool all_met(const std::vector<GateResult>& results);

// The results as JUnit XML, one test case each.
std::string junit_xml(const std::vector<GateResult>& results);

}  // namespace bonescan
