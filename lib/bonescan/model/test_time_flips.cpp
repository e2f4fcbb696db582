#include "bonescan/model/test_time_flips.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "bonescan/core/error.h"
#include "bonescan/model/flip.h"
#include "bonescan/model/ssd.h"

namespace bonescan {
namespace {

constexpr std::array kFlips{Flip{false, false}, Flip{true, false}, Flip{false, true}, Flip{true, true}};

// Centre (x, y) and size (width, height) of all anchors, in pixels.
using AnchorColumns = std::array<std::vector<double>, 4>;

AnchorColumns centre_and_size(const Tensor& anchors, AnchorFormat format) {
  AnchorColumns columns;
  for (std::size_t i = 0; i < anchors.values.size(); i += 4) {
    for (const std::size_t axis : {0, 1}) {
      const double first = anchors.values[i + axis], second = anchors.values[i + axis + 2];
      const bool corners = format == AnchorFormat::kCorners;
      columns[axis].push_back(corners ? (first + second) / 2 : first);
      columns[axis + 2].push_back(corners ? second - first : second);
    }
  }
  return columns;
}

// For each value the number of its group: a value belongs to that of the next smaller one if it is at most 1/256 of a
// pixel larger, more than rounding in single precision adds, and less than the step of any grid.
std::vector<int> group_of_each(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<int> groups(values.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    const bool is_new = values[order[i]] - values[order[i - 1]] > 1.0 / 256;
    groups[order[i]] = groups[order[i - 1]] + (is_new ? 1 : 0);
  }
  return groups;
}

// For each anchor its mirror image about an axis (0: left to right, 1: top to bottom) of an input that is `side` pixels
// long there; anchors that are equal answer in their order: the k-th of them mirrors the k-th. Throws UsageError.
std::vector<int> find_mirrors(const AnchorColumns& columns, std::size_t axis, double side, const Model& model) {
  using Key = std::array<int, 4>;
  const std::size_t count = columns[axis].size();
  std::vector<double> centres = columns[axis];
  for (std::size_t i = 0; i < count; ++i) centres.push_back(side - centres[i]);
  std::array<std::vector<int>, 4> groups;
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = group_of_each(i == axis ? centres : columns[i]);
  const auto key_of = [&](std::size_t anchor, bool mirrored) {
    Key key{groups[0][anchor], groups[1][anchor], groups[2][anchor], groups[3][anchor]};
    if (mirrored) key[axis] = groups[axis][count + anchor];
    return key;
  };

  std::map<Key, std::vector<int>> by_key;
  for (std::size_t i = 0; i < count; ++i) by_key[key_of(i, false)].push_back(static_cast<int>(i));
  std::map<Key, std::size_t> taken;
  std::vector<int> mirrors;
  for (std::size_t i = 0; i < count; ++i) {
    const Key key = key_of(i, true);
    const auto found = by_key.find(key);
    if (found == by_key.end() || taken[key] >= found->second.size())
      throw UsageError(fmt::format("--tta: anchor {} of {} has no mirror image among its anchors; run without --tta", i,
                                   model.path.string()));
    mirrors.push_back(found->second[taken[key]++]);
  }
  return mirrors;
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
  const AnchorColumns columns = centre_and_size(model.anchors, format);
  const InputSpec& input = model.card.input;
  return {find_mirrors(columns, 0, input.width, model), find_mirrors(columns, 1, input.height, model)};
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
