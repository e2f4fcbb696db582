// A labelled set of images, whatever format it came from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bonescan/core/box.h"

namespace bonescan {

struct DatasetImage {
  std::int64_t id = 0;
  std::string file_name;  // as the annotation file writes it, relative to the image folder
  int width = 0;          // of the upright image, in pixels
  int height = 0;
};

struct Category {
  std::int64_t id = 0;
  std::string name;
};

// Boxes refer to upright images. Images without boxes are part of the set.
struct Dataset {
  std::vector<DatasetImage> images;
  std::vector<Category> categories;
  std::vector<GroundTruthBox> boxes;
  std::string source;  // what it was read from, for messages and reports
};

}  // namespace bonescan
