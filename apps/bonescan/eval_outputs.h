// Where bonescan eval writes, besides the table on the terminal.
#pragma once

#include "bonescan/report/evaluate.h"
#include "bonescan/report/evaluation_request.h"

namespace bonescan {

struct EvalOutputs {
  OptionalPath folder;  // of the reports; kStandardStream writes report.json to standard output
  OptionalPath junit;   // file of the gates
};

// The reports come after a run that may have taken an hour: where they cannot go, or would replace what the evaluation
// reads or what no evaluation has written, must show before. Throws UsageError.
void check_outputs(const EvalOutputs& outputs, const EvaluationRequest& request);

// The reports stay unwritten, which is told, where they would replace a baseline that this evaluation has failed
// against.
void write_outputs(const EvaluationOutcome& outcome, const EvalOutputs& outputs, const EvaluationRequest& request);

}  // namespace bonescan
