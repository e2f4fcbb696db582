// Axis-aligned boxes in continuous pixel coordinates.
#pragma once

#include <cstdint>

namespace bonescan {

// A box as COCO writes it: upper left corner and size, in pixels, continuous (a box that covers
// exactly the first pixel is {0, 0, 1, 1}; nothing is ever added to a width).
struct Box {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  friend bool operator==(const Box&, const Box&) = default;
};

double area(const Box& box);

// False only for boxes that share no area. Most pairs share none, so loops over pairs ask this before IoU.
inline bool may_overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

// Area that two boxes share; 0 if they do not overlap.
double intersection_area(const Box& a, const Box& b);

// Intersection over union, in 0..1; 0 if the union is empty.
double intersection_over_union(const Box& a, const Box& b);

// The part of the box that lies inside an image of the given size.
Box clip_to_image(const Box& box, double image_width, double image_height);

// One box of the ground truth. Ids are those of the annotation file.
struct GroundTruthBox {
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  Box box;
  double area = 0.0;       // pixels; COCO sorts objects into small, medium and large by it
  bool crowd = false;      // COCO iscrowd: a region that may hold many objects
  bool difficult = false;  // Pascal VOC difficult: neither a hit nor a miss
};

// One box that a detector reported.
struct DetectedBox {
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  Box box;
  double score = 0.0;  // 0..1
};

}  // namespace bonescan
