// Thresholds: what the user gave, else what the model card says, else a default.
#pragma once

#include <string>

#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"

namespace bonescan {

// What segmentation goes by: every option is set, to what is given, else to what the card says. `source` names the card
// in messages. Throws UsageError if a threshold lies outside 0..1 or there is none at all.
SegmentationOptions options_in_force(const ModelCard& card, const std::string& source,
                                     const SegmentationOptions& given);

// Likewise what detection goes by; where neither says anything, the default of SsdOptions counts. Counts must be whole
// numbers from 1 to 1,000,000.
SsdOptions options_in_force(const ModelCard& card, const std::string& source, const DetectionOptions& given);

}  // namespace bonescan
