#include "bonescan/model/options_in_force.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

std::optional<double> find_in_card(const ModelCard& card, const std::string& option) {
  const auto found = card.operating_point.find(option);
  if (found == card.operating_point.end()) return std::nullopt;
  return found->second;
}

// `given`: by the caller, not the card.
[[noreturn]] void refuse(const ModelCard& card, const std::string& option, bool given, double value,
                         const std::string& right) {
  throw UsageError(
      fmt::format("{}\"{}\" is {}; it should be {}", given ? "" : card.source + ": ", option, value, right));
}

double choose_fraction(const ModelCard& card, const std::string& option, std::optional<double> given, double fallback) {
  const double value = given ? *given : find_in_card(card, option).value_or(fallback);
  if (!(value >= 0.0 && value <= 1.0)) refuse(card, option, given.has_value(), value, "a number from 0 to 1");
  return value;
}

int choose_count(const ModelCard& card, const std::string& option, std::optional<int> given, int fallback) {
  const double value = given ? *given : find_in_card(card, option).value_or(fallback);
  if (!(value >= 1.0 && value <= 1e6) || value != std::floor(value))
    refuse(card, option, given.has_value(), value, "a whole number from 1 to 1000000");
  return static_cast<int>(value);
}

}  // namespace

SegmentationThresholds options_in_force(const ModelCard& card, const SegmentationOptions& given) {
  const SegmentationThresholds defaults;
  return {.mask = choose_fraction(card, "mask_threshold", given.mask_threshold, defaults.mask),
          .bone_fraction = choose_fraction(card, "min_bone_fraction", given.min_bone_fraction, defaults.bone_fraction),
          .bone_confidence =
              choose_fraction(card, "min_bone_confidence", given.min_bone_confidence, defaults.bone_confidence)};
}

SsdOptions options_in_force(const ModelCard& card, const DetectionOptions& given) {
  const SsdOptions defaults;
  const char* const top_k = card.operating_point.contains("top_k") ? "top_k" : "candidates_per_class";
  return {.score_threshold = choose_fraction(card, "score_threshold", given.score_threshold, defaults.score_threshold),
          .top_k = choose_count(card, top_k, given.top_k, defaults.top_k),
          .nms_iou = choose_fraction(card, "nms_iou", given.nms_iou, defaults.nms_iou),
          .max_detections = choose_count(card, "max_detections", given.max_detections, defaults.max_detections),
          .box_voting_iou = choose_fraction(card, "box_voting_iou", given.box_voting_iou, defaults.box_voting_iou)};
}

}  // namespace bonescan
