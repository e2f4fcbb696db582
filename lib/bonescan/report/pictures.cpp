#include "bonescan/report/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <variant>

#include "bonescan/core/error.h"
#include "bonescan/core/file_name.h"
#include "bonescan/image/overlay.h"
#include "bonescan/report/ground_truth.h"
#include "bonescan/report/image_folder.h"
#include "bonescan/report/mask_file.h"
#include "bonescan/report/thumbnail.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPictures = 6;   // in a gallery
constexpr std::size_t kMostBoxes = 5;  // predictions drawn in a picture, the best scores first

using Order = std::vector<std::size_t>;  // indices of images, first to last

// The first `kPictures` that `draw` gives a picture for; an image that cannot be read makes room for the next.
Gallery gallery(const std::string& title, const Order& order,
                const std::function<std::optional<Picture>(std::size_t)>& draw) {
  Gallery result{title, {}};
  for (const std::size_t i : order) {
    if (result.pictures.size() == kPictures) break;
    try {
      if (auto picture = draw(i)) result.pictures.push_back(std::move(*picture));
    } catch (const ImageError&) {
    }
  }
  return result;
}

class BoxPictures {
 public:
  BoxPictures(const DetectionEvaluation& evaluation, std::vector<fs::path> paths, const ReadOptions& read)
      : evaluation_(evaluation), scored_(evaluation.scored_images), paths_(std::move(paths)), read_(read) {}

  std::optional<Picture> draw(std::size_t i) const {
    if (paths_[i].empty()) return std::nullopt;
    return Picture{box_thumbnail(paths_[i], read_, truth(i), predictions(i)), caption(i)};
  }

  // By image IoU; the worst first. Images without ground truth are left out.
  Order worst_first() const {
    Order order;
    for (std::size_t i = 0; i < evaluation_.per_image.images.size(); ++i)
      if (evaluation_.per_image.images[i].image_iou) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    return order;
  }

  // Negative images that have detections at or above the score threshold; the highest score first.
  Order false_positives() const {
    Order order;
    for (std::size_t i = 0; i < scored_.size(); ++i)
      if (!scored_[i].positive && scored_[i].score >= evaluation_.options.score_threshold) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t a, std::size_t b) { return scored_[a].score > scored_[b].score; });
    return order;
  }

 private:
  std::pair<double, double> rank(std::size_t i) const {
    const ImageFigures& figures = evaluation_.per_image.images[i];
    return {figures.image_iou.value_or(0.0), figures.image_ap50.value_or(0.0)};
  }

  std::vector<CaptionedBox> truth(std::size_t i) const {
    std::vector<CaptionedBox> boxes;
    for (const GroundTruthBox& box : evaluation_.set.ground_truth)
      if (box.image_id == evaluation_.dataset.images[i].id) boxes.push_back({box.box, ""});
    return boxes;
  }

  std::vector<CaptionedBox> predictions(std::size_t i) const {
    std::vector<const DetectedBox*> predicted;
    for (const DetectedBox& box : evaluation_.set.detections)
      if (box.image_id == evaluation_.dataset.images[i].id && box.score >= evaluation_.options.score_threshold)
        predicted.push_back(&box);
    std::stable_sort(predicted.begin(), predicted.end(),
                     [](const auto* a, const auto* b) { return a->score > b->score; });
    if (predicted.size() > kMostBoxes) predicted.resize(kMostBoxes);
    std::vector<CaptionedBox> boxes;
    for (const DetectedBox* box : predicted) boxes.push_back({box->box, score_caption(box->score)});
    return boxes;
  }

  std::string caption(std::size_t i) const {
    const ImageFigures& figures = evaluation_.per_image.images[i];
    const std::string name = to_one_line(evaluation_.dataset.images[i].file_name);
    if (!figures.image_iou)
      return fmt::format("{}: highest score {}", name, score_caption(scored_[i].score.value_or(0.0)));
    return fmt::format("{}: IoU {:.2f}, AP50 {:.2f}", name, *figures.image_iou, figures.image_ap50.value_or(0.0));
  }

  const DetectionEvaluation& evaluation_;
  const std::vector<ScoredImage>& scored_;
  std::vector<fs::path> paths_;
  ReadOptions read_;
};

std::vector<Gallery> box_galleries(const DetectionEvaluation& evaluation, const fs::path& images,
                                   const ReadOptions& read) {
  const ImageFolder folder(images, UnreadableFolder::kListed);
  const BoxPictures pictures(evaluation, find_images(evaluation.dataset, folder), read);
  const auto draw = [&](std::size_t i) { return pictures.draw(i); };
  Order order = pictures.worst_first();
  std::vector<Gallery> galleries = {gallery("Worst images", order, draw)};
  std::reverse(order.begin(), order.end());
  galleries.push_back(gallery("Best images", order, draw));
  galleries.push_back(gallery("False positives on images without a fracture", pictures.false_positives(), draw));
  return galleries;
}

cv::Mat matrix(Mask& mask) {
  return {mask.height, mask.width, CV_8U, mask.pixels.data()};
}

std::vector<Gallery> mask_galleries(const SegmentationEvaluation& evaluation, const OptionalPath& images) {
  std::optional<ImageFolder> radiographs;
  if (images) radiographs.emplace(*images, UnreadableFolder::kListed);
  const auto draw = [&](std::size_t i) -> std::optional<Picture> {
    const MaskPair& pair = evaluation.masks.pairs[i];
    const auto radiograph = radiographs ? radiographs->find_any_extension(pair.key) : std::nullopt;
    const ReadOptions& read = evaluation.folders.read;
    Mask truth = read_mask(pair.ground_truth, read), prediction = read_mask(pair.prediction, read);
    return Picture{mask_thumbnail(radiograph.value_or(fs::path()), read, matrix(truth), matrix(prediction)),
                   fmt::format("{}: IoU {:.2f}", to_one_line(pair.name), *evaluation.figures[i].iou)};
  };
  Order order;
  for (std::size_t i = 0; i < evaluation.figures.size(); ++i)
    if (evaluation.figures[i].iou) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return *evaluation.figures[a].iou < *evaluation.figures[b].iou;
  });
  std::vector<Gallery> galleries = {gallery("Worst images", order, draw)};
  std::reverse(order.begin(), order.end());
  galleries.push_back(gallery("Best images", order, draw));
  return galleries;
}

}  // namespace

std::vector<Gallery> make_galleries(const EvaluationOutcome& outcome) {
  std::vector<Gallery> galleries;
  if (const auto* const masks = std::get_if<SegmentationEvaluation>(&outcome.evaluation))
    galleries = mask_galleries(*masks, outcome.images);
  else if (outcome.images)
    galleries = box_galleries(std::get<DetectionEvaluation>(outcome.evaluation), *outcome.images, outcome.read);
  std::erase_if(galleries, [](const Gallery& one) { return one.pictures.empty(); });
  return galleries;
}

}  // namespace bonescan
