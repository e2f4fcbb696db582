#include "bonescan/model/test_time_flips.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "bonescan/core/error.h"
#include "bonescan/model/flip.h"
#include "bonescan/model/ssd.h"

namespace bonescan {
namespace {

constexpr std::array kFlips{Flip{false, false}, Flip{true, false}, Flip{false, true}, Flip{true, true}};

using AnchorKey = std::array<long, 4>;

// Centre and size in sixteenths of a pixel: mirroring in single precision moves an anchor by far less.
AnchorKey key_of(const float* anchor, AnchorFormat format, double width, double height, Flip flip) {
  const bool corners = format == AnchorFormat::kCorners;
  const double x = corners ? (double{anchor[0]} + anchor[2]) / 2 : anchor[0];
  const double y = corners ? (double{anchor[1]} + anchor[3]) / 2 : anchor[1];
  const double anchor_width = corners ? double{anchor[2]} - anchor[0] : anchor[2];
  const double anchor_height = corners ? double{anchor[3]} - anchor[1] : anchor[3];
  const auto sixteenths = [](double value) { return std::lround(16 * value); };
  return {sixteenths(flip.horizontal ? width - x : x), sixteenths(flip.vertical ? height - y : y),
          sixteenths(anchor_width), sixteenths(anchor_height)};
}

// Adds the answer to one mirror image to the sums of probabilities and deltas.
void add_heads(const std::vector<Tensor>& heads, Flip flip, const MirroredAnchors& mirrored, Tensor& probabilities,
               Tensor& deltas) {
  const auto classes = static_cast<std::size_t>(heads[0].shape[2]);
  std::vector<float> of_anchor(classes);
  for (std::size_t anchor = 0; anchor < mirrored.horizontal.size(); ++anchor) {
    std::size_t source = anchor;
    if (flip.horizontal) source = mirrored.horizontal[source];
    if (flip.vertical) source = mirrored.vertical[source];
    softmax({heads[0].values.data() + source * classes, classes}, of_anchor);
    for (std::size_t label = 0; label < classes; ++label)
      probabilities.values[anchor * classes + label] += of_anchor[label];
    const float* const delta = heads[1].values.data() + source * 4;
    float* const sum = deltas.values.data() + anchor * 4;
    sum[0] += flip.horizontal ? -delta[0] : delta[0];
    sum[1] += flip.vertical ? -delta[1] : delta[1];
    sum[2] += delta[2];
    sum[3] += delta[3];
  }
}

}  // namespace

MirroredAnchors mirror_anchors(const Model& model, AnchorFormat format) {
  const Tensor& anchors = model.anchors;
  const double width = model.card.input.width, height = model.card.input.height;
  const auto count = static_cast<int>(anchors.shape[0]);
  // Anchors that are equal answer in their order: the k-th of them mirrors the k-th.
  std::map<AnchorKey, std::vector<int>> by_key;
  for (int anchor = 0; anchor < count; ++anchor)
    by_key[key_of(anchors.values.data() + 4 * std::ptrdiff_t{anchor}, format, width, height, {})].push_back(anchor);

  const auto find_mirrors = [&](Flip flip) {
    std::map<AnchorKey, std::size_t> taken;
    std::vector<int> mirrors;
    for (int anchor = 0; anchor < count; ++anchor) {
      const AnchorKey key = key_of(anchors.values.data() + 4 * std::ptrdiff_t{anchor}, format, width, height, flip);
      const auto found = by_key.find(key);
      if (found == by_key.end() || taken[key] >= found->second.size())
        throw UsageError(fmt::format("--tta: anchor {} of {} has no mirror image among its anchors; run without --tta",
                                     anchor, model.path.string()));
      mirrors.push_back(found->second[taken[key]++]);
    }
    return mirrors;
  };
  return {find_mirrors({true, false}), find_mirrors({false, true})};
}

std::vector<Tensor> run_with_flips(const std::function<std::vector<Tensor>(const Tensor& input)>& run,
                                   const Tensor& input, const MirroredAnchors& mirrored) {
  std::vector<Tensor> heads = run(input);
  Tensor probabilities{heads[0].shape, std::vector<float>(heads[0].values.size())};
  Tensor deltas{heads[1].shape, std::vector<float>(heads[1].values.size())};
  for (const Flip flip : kFlips) {
    const bool as_it_is = !flip.horizontal && !flip.vertical;
    add_heads(as_it_is ? heads : run(flipped(input, flip)), flip, mirrored, probabilities, deltas);
  }
  constexpr auto kCount = static_cast<float>(kFlips.size());
  for (float& value : probabilities.values) value = std::log(value / kCount);
  for (float& value : deltas.values) value /= kCount;
  heads[0] = std::move(probabilities);
  heads[1] = std::move(deltas);
  return heads;
}

}  // namespace bonescan
