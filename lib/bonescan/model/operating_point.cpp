#include "bonescan/model/operating_point.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

// A card with its name in messages.
struct Source {
  const ModelCard& card;
  const std::string& name;

  std::optional<double> find(const std::string& option) const {
    const auto found = card.operating_point.find(option);
    if (found == card.operating_point.end()) return std::nullopt;
    return found->second;
  }

  [[noreturn]] void refuse(const std::string& option, double value, const std::string& right) const {
    throw UsageError(fmt::format("{}: \"{}\" is {}; it should be {}", name, option, value, right));
  }
};

double choose_fraction(const Source& source, const std::string& option, std::optional<double> given,
                       std::optional<double> fallback = std::nullopt) {
  std::optional<double> value = given ? given : source.find(option);
  if (!value) value = fallback;
  if (!value)
    throw UsageError(
        fmt::format("{}: the model card has no \"operating_point.{}\"; it should be a number from 0 to 1, "
                    "or be given as an option",
                    source.name, option));
  if (!(*value >= 0.0 && *value <= 1.0)) source.refuse(option, *value, "a number from 0 to 1");
  return *value;
}

int choose_count(const Source& source, const std::string& option, std::optional<int> given, int fallback) {
  const double value = given ? *given : source.find(option).value_or(fallback);
  if (!(value >= 1.0 && value <= 1e6) || value != std::floor(value))
    source.refuse(option, value, "a whole number from 1 to 1000000");
  return static_cast<int>(value);
}

}  // namespace

SegmentationOptions options_in_force(const ModelCard& card, const std::string& source,
                                     const SegmentationOptions& given) {
  const Source from{card, source};
  return {.mask_threshold = choose_fraction(from, "mask_threshold", given.mask_threshold),
          .min_bone_fraction = choose_fraction(from, "min_bone_fraction", given.min_bone_fraction),
          .min_bone_confidence = choose_fraction(from, "min_bone_confidence", given.min_bone_confidence)};
}

SsdOptions options_in_force(const ModelCard& card, const std::string& source, const DetectionOptions& given) {
  const Source from{card, source};
  const SsdOptions defaults;
  return {.score_threshold = choose_fraction(from, "score_threshold", given.score_threshold, defaults.score_threshold),
          .top_k = choose_count(from, "candidates_per_class", given.top_k, defaults.top_k),
          .nms_iou = choose_fraction(from, "nms_iou", given.nms_iou, defaults.nms_iou),
          .max_detections = choose_count(from, "max_detections", given.max_detections, defaults.max_detections),
          .box_voting_iou = choose_fraction(from, "box_voting_iou", given.box_voting_iou, defaults.box_voting_iou)};
}

}  // namespace bonescan
