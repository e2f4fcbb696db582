// The figures whose uncertainty is told, and what is known of each.
#pragma once

#include <optional>

namespace bonescan {

// A value for each of them; nullopt where there is none.
template <typename Value>
struct OfResampledFigures {
  std::optional<Value> ap50;
  std::optional<Value> ap;
  std::optional<Value> image_iou;            // mean over images with ground truth
  std::optional<Value> sensitivity_at_1_fp;  // FROC as a step function at 1 false positive per image
};

// The figures themselves, each 0..1; undefined as in their definitions.
using ResampledFigures = OfResampledFigures<double>;
using ResampledFigure = std::optional<double> ResampledFigures::*;

// What `make` makes of each figure: it takes a ResampledFigure and returns an optional Value.
template <typename Value, typename Make>
OfResampledFigures<Value> of_each_figure(const Make& make) {
  return {make(&ResampledFigures::ap50), make(&ResampledFigures::ap), make(&ResampledFigures::image_iou),
          make(&ResampledFigures::sensitivity_at_1_fp)};
}

}  // namespace bonescan
