// What a detector reported on the images of a data set.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bonescan/core/box.h"

namespace bonescan {

struct Predictions {
  std::vector<DetectedBox> boxes;  // in the order of the file, of the data set's images only
  std::string source;              // what it was read from, for messages and reports
  std::vector<std::string> notes;  // sentences that a report must repeat; names in them are bytes
  // Ids of images without boxes that no detector is known to have seen.
  std::vector<std::int64_t> unseen_negatives = {};
};

}  // namespace bonescan
