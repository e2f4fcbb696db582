// report.json of an evaluation of detections, and what a later one takes from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/metrics/image_matches.h"
#include "bonescan/report/detection_evaluation.h"

namespace bonescan {

// Schema "bonescan.eval/1", with "models" null: the caller knows them. `task` is "detection" or "pipeline".
Json detection_report(const DetectionEvaluation& evaluation, const std::string& task);

// Rows of an earlier report's "images_detail", for the paired bootstrap; nullopt if they are not there
// or belong to other images, or other numbers of boxes in them, than `evaluation`'s.
std::optional<std::vector<ImageMatches>> rows_of_report(const Json& report, const DetectionEvaluation& evaluation);

}  // namespace bonescan
