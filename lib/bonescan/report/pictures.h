// The worst and the best images of an evaluation as thumbnails.
#pragma once

#include <string>
#include <vector>

#include "bonescan/report/evaluate.h"

namespace bonescan {

struct Picture {
  std::string data_uri;
  std::string caption;
};

struct Gallery {
  std::string title;
  std::vector<Picture> pictures;
};

// Empty where no image is at hand (masks can be drawn without).
std::vector<Gallery> make_galleries(const EvaluationOutcome& outcome);

}  // namespace bonescan
