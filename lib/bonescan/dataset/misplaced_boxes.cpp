#include "bonescan/dataset/misplaced_boxes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "bonescan/core/counted.h"

namespace bonescan {
namespace {

bool lies_within(const Box& box, int width, int height) {
  constexpr double kTolerance = 1.0;  // pixels, for what is rounded
  return box.x >= -kTolerance && box.y >= -kTolerance && box.x + box.width <= width + kTolerance &&
         box.y + box.height <= height + kTolerance;
}

template <typename ImageBox>
void note_boxes(std::span<const ImageBox> boxes, const Dataset& dataset, std::string_view role,
                std::vector<std::string>& notes) {
  if (boxes.empty()) return;
  if (std::all_of(boxes.begin(), boxes.end(), [](const ImageBox& one) {
        return one.box.x >= 0.0 && one.box.y >= 0.0 && one.box.x + one.box.width <= 1.0 &&
               one.box.y + one.box.height <= 1.0;
      }))
    notes.push_back(fmt::format(
        "All boxes of the {} lie within the first pixel: they should be in pixels, not parts of the image.", role));

  std::unordered_map<std::int64_t, const DatasetImage*> images;
  for (const DatasetImage& image : dataset.images) images.emplace(image.id, &image);
  std::size_t beyond = 0, empty = 0;
  const DatasetImage* first = nullptr;
  for (const ImageBox& one : boxes) {
    const DatasetImage& image = *images.at(one.image_id);
    if (one.box.width == 0.0 || one.box.height == 0.0) ++empty;
    if (image.width == 0 || lies_within(one.box, image.width, image.height)) continue;
    if (++beyond == 1) first = &image;
  }
  if (beyond > 0)
    notes.push_back(
        fmt::format("{} of the {} beyond the borders of the image ({}): other images may be meant, or other numbers "
                    "than [x, y, width, height] in pixels.",
                    counted(beyond, "box", "boxes"), role, first->file_name));
  if (empty > 0) notes.push_back(fmt::format("{} of the {} without area.", counted(empty, "box", "boxes"), role));
}

}  // namespace

void note_misplaced_boxes(std::span<const GroundTruthBox> boxes, const Dataset& dataset, std::string_view role,
                          std::vector<std::string>& notes) {
  note_boxes(boxes, dataset, role, notes);
}

void note_misplaced_boxes(std::span<const DetectedBox> boxes, const Dataset& dataset, std::string_view role,
                          std::vector<std::string>& notes) {
  note_boxes(boxes, dataset, role, notes);
}

}  // namespace bonescan
