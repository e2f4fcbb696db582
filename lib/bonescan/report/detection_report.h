// report.json of an evaluation of detections.
#pragma once

#include <string>

#include "bonescan/core/json.h"
#include "bonescan/report/detection_evaluation.h"

namespace bonescan {

// Schema "bonescan.eval/1", with "models" null: the caller knows them. `task` is "detection" or "pipeline".
Json detection_report(const DetectionEvaluation& evaluation, const std::string& task);

}  // namespace bonescan
