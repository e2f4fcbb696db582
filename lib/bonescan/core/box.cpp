#include "bonescan/core/box.h"

#include <algorithm>

namespace bonescan {

double area(const Box& box) {
  return box.width * box.height;
}

double intersection_area(const Box& a, const Box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0.0 && height > 0.0 ? width * height : 0.0;
}

double intersection_over_union(const Box& a, const Box& b) {
  const double shared = intersection_area(a, b);
  const double joined = area(a) + area(b) - shared;
  return joined > 0.0 ? shared / joined : 0.0;
}

Box clip_to_image(const Box& box, double image_width, double image_height) {
  const double left = std::clamp(box.x, 0.0, image_width);
  const double top = std::clamp(box.y, 0.0, image_height);
  const double right = std::clamp(box.x + box.width, left, image_width);
  const double bottom = std::clamp(box.y + box.height, top, image_height);
  return {left, top, right - left, bottom - top};
}

}  // namespace bonescan
