#include "bonescan/dataset/predicted_images.h"

#include <fmt/format.h>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"

namespace bonescan {

std::string note_of_unknown_images(std::size_t images, const std::string& first, const Dataset& dataset) {
  return fmt::format("{} of the predictions not in {}, left out ({}{}).", counted(images, "image", "images"),
                     dataset.source, images > 1 ? "the first is " : "", first);
}

PredictedImages::PredictedImages(const Dataset& dataset) : dataset_(dataset) {
  for (const DatasetImage& image : dataset.images) images_.emplace(image.id, &image);
}

void PredictedImages::add_seen(std::int64_t image_id, int width, int height) {
  seen_.insert(image_id);
  const DatasetImage& image = *images_.at(image_id);
  if (image.width == 0 || width == 0 || (image.width == width && image.height == height)) return;
  if (++other_sizes_ == 1)
    first_of_other_size_ =
        fmt::format("{}: {} x {} and {} x {}", image.file_name, width, height, image.width, image.height);
}

void PredictedImages::finish(Predictions& predictions) const {
  if (seen_.empty() && failed_.empty() && !dataset_.images.empty())
    throw UsageError(fmt::format("{} tells of no image of {}", predictions.source, dataset_.source));
  std::unordered_set<std::int64_t> missing;
  for (const DatasetImage& image : dataset_.images)
    if (!seen_.contains(image.id) && !failed_.contains(image.id)) missing.insert(image.id);
  leave_out(failed_, "failed when the predictions were made", predictions);
  leave_out(missing, "missing from the predictions", predictions);
  if (other_sizes_ > 0)
    predictions.notes.push_back(
        fmt::format("{} of another size in the predictions than in the ground truth, so that boxes do not lie on one "
                    "another ({}).",
                    counted(other_sizes_, "image", "images"), first_of_other_size_));
  if (unknown_ > 0) predictions.notes.push_back(note_of_unknown_images(unknown_, first_unknown_, dataset_));
}

void PredictedImages::leave_out(const std::unordered_set<std::int64_t>& images, std::string_view why,
                                Predictions& predictions) const {
  std::unordered_set<std::int64_t> with_boxes;
  for (const GroundTruthBox& box : dataset_.boxes)
    if (images.contains(box.image_id)) with_boxes.insert(box.image_id);
  for (const DatasetImage& image : dataset_.images)
    if (images.contains(image.id) && !with_boxes.contains(image.id)) predictions.unseen_negatives.push_back(image.id);
  if (!with_boxes.empty())
    predictions.notes.push_back(
        fmt::format("{} {}, taken as without detections.", counted(with_boxes.size(), "image", "images"), why));
  if (const std::size_t without_boxes = images.size() - with_boxes.size(); without_boxes > 0)
    predictions.notes.push_back(
        fmt::format("{} without boxes {}, left out.", counted(without_boxes, "image", "images"), why));
}

}  // namespace bonescan
