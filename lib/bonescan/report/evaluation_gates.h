// The gates of an evaluation: its requirements, and its baseline.
#pragma once

#include <optional>

#include "bonescan/core/json.h"
#include "bonescan/report/evaluate.h"

namespace bonescan {

// Finds what is wrong with the gates before a model runs for an hour: the report of nothing has the same figures, but
// for those of lists that have no row yet. Throws UsageError.
void check_gate_settings(const EvaluationRequest& request, const std::optional<Json>& baseline);

// Checks the gates and adds what came of them to the outcome and its report. Throws UsageError.
void check_gates(EvaluationOutcome& outcome, const EvaluationRequest& request, const std::optional<Json>& baseline);

}  // namespace bonescan
