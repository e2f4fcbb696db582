// report.json of an evaluation of bone masks.
#pragma once

#include "bonescan/core/json.h"
#include "bonescan/report/segmentation_evaluation.h"

namespace bonescan {

// Schema "bonescan.eval/1", with "models" null: the caller knows them.
Json segmentation_report(const SegmentationEvaluation& evaluation);

}  // namespace bonescan
