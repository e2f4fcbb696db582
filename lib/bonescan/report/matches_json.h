// The matched detections in report.json's "images_detail", and how a later evaluation reads them again.
#pragma once

#include <optional>
#include <vector>

#include "bonescan/core/json.h"
#include "bonescan/metrics/image_matches.h"
#include "bonescan/report/detection_evaluation.h"

namespace bonescan {

// An image's "matches": columns rather than rows, since a report holds hundreds of thousands of detections.
Json matches_json(const std::vector<ClassMatches>& classes);

// Rows of an earlier report's "images_detail", for the paired bootstrap; nullopt if they are not there
// or belong to other images, or other numbers of boxes in them, than `evaluation`'s.
std::optional<std::vector<ImageMatches>> rows_of_report(const Json& report, const DetectionEvaluation& evaluation);

}  // namespace bonescan
