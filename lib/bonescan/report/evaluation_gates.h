// The gates of an evaluation: its requirements, and its baseline.
#pragma once

#include <optional>

#include "bonescan/core/json.h"
#include "bonescan/report/evaluate.h"

namespace bonescan {

// Finds what is wrong with the gates before a model runs for an hour, by the report of an evaluation of no images: it
// has the names of all figures but those of rows (of classes, of regions) that only images bring. Throws UsageError.
void check_gate_settings(const EvaluationRequest& request, const std::optional<Json>& baseline);

// Checks the gates and adds what came of them to the outcome and its report. Throws UsageError.
void check_gates(EvaluationOutcome& outcome, const EvaluationRequest& request, const std::optional<Json>& baseline);

}  // namespace bonescan
