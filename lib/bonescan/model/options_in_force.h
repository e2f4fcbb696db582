// Thresholds: what the user gave, else what the model card says, else a default.
#pragma once

#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"

namespace bonescan {

// Each threshold is what is given, else what the card says, else the default of SegmentationThresholds. Throws
// UsageError if one lies outside 0..1.
SegmentationThresholds options_in_force(const ModelCard& card, const SegmentationOptions& given);

// Likewise for detection, with the defaults of SsdOptions. Counts must be whole numbers from 1 to 1,000,000.
SsdOptions options_in_force(const ModelCard& card, const DetectionOptions& given);

}  // namespace bonescan
