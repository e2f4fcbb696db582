#include "bonescan/metrics/cells.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace bonescan {

namespace {

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// Finds the place of an id among sorted ids.
class IdIndex {
 public:
  static constexpr std::uint32_t kUnknown = UINT32_MAX;

  explicit IdIndex(const std::vector<std::int64_t>& sorted_ids) : ids_(sorted_ids) {
    if (ids_.empty()) return;
    // Ids are mostly dense, and a table is faster than a search.
    const auto span = static_cast<std::uint64_t>(ids_.back()) - static_cast<std::uint64_t>(ids_.front());
    if (span / 8 > ids_.size()) return;
    table_.assign(span + 1, kUnknown);
    for (std::uint32_t i = 0; i < ids_.size(); ++i) table_[static_cast<std::size_t>(ids_[i] - ids_.front())] = i;
  }

  std::uint32_t find(std::int64_t id) const {
    if (ids_.empty() || id < ids_.front() || id > ids_.back()) return kUnknown;
    if (!table_.empty()) return table_[static_cast<std::size_t>(id - ids_.front())];
    const auto found = std::lower_bound(ids_.begin(), ids_.end(), id);
    return *found == id ? static_cast<std::uint32_t>(found - ids_.begin()) : kUnknown;
  }

 private:
  const std::vector<std::int64_t>& ids_;
  std::vector<std::uint32_t> table_;
};

// Where each box belongs; `kUnknown` in either for a box that is left out.
struct Placement {
  std::vector<std::uint32_t> image;
  std::vector<std::uint32_t> category;
};

template <typename AnyBox>
Placement place(const std::vector<AnyBox>& boxes, const IdIndex& images, const IdIndex& categories) {
  Placement placement;
  placement.image.reserve(boxes.size());
  placement.category.reserve(boxes.size());
  for (const AnyBox& box : boxes) {
    placement.image.push_back(images.find(box.image_id));
    placement.category.push_back(categories.find(box.category_id));
  }
  return placement;
}

// `indices` by ascending key, equal keys as they were; every key is below `key_count`.
std::vector<std::uint32_t> counting_sort(const std::vector<std::uint32_t>& indices,
                                         const std::vector<std::uint32_t>& keys, std::size_t key_count) {
  std::vector<std::uint32_t> next(key_count + 1, 0);
  for (const std::uint32_t index : indices) ++next[keys[index] + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<std::uint32_t> sorted(indices.size());
  for (const std::uint32_t index : indices) sorted[next[keys[index]]++] = index;
  return sorted;
}

// The boxes that are not left out, by category, then image, then file order.
std::vector<std::uint32_t> by_cell(const Placement& placement, std::size_t images, std::size_t categories) {
  std::vector<std::uint32_t> indices;
  indices.reserve(placement.image.size());
  for (std::uint32_t i = 0; i < placement.image.size(); ++i) {
    if (placement.image[i] != IdIndex::kUnknown && placement.category[i] != IdIndex::kUnknown) indices.push_back(i);
  }
  return counting_sort(counting_sort(indices, placement.image, images), placement.category, categories);
}

// Takes the boxes of one cell after the other off a list that is sorted by cell.
struct CellReader {
  const Placement& placement;
  std::vector<std::uint32_t>& indices;
  std::size_t next = 0;

  using Number = std::pair<std::uint32_t, std::uint32_t>;  // category, image

  Number number() const {
    if (next == indices.size()) return {IdIndex::kUnknown, IdIndex::kUnknown};
    return {placement.category[indices[next]], placement.image[indices[next]]};
  }

  std::span<std::uint32_t> take(Number cell) {
    const std::size_t begin = next;
    while (next < indices.size() && number() == cell) ++next;
    return std::span(indices).subspan(begin, next - begin);
  }
};

}  // namespace

Cells make_cells(const EvaluationSet& set, int max_detections) {
  Cells result;
  result.image_ids = sorted_unique(set.image_ids);
  result.category_ids = sorted_unique(set.category_ids);
  const std::size_t images = result.image_ids.size(), categories = result.category_ids.size();
  const IdIndex image_index(result.image_ids), category_index(result.category_ids);
  const Placement truth_placement = place(set.ground_truth, image_index, category_index);
  const Placement detection_placement = place(set.detections, image_index, category_index);
  result.ground_truth = by_cell(truth_placement, images, categories);
  result.detections = by_cell(detection_placement, images, categories);

  CellReader truths{truth_placement, result.ground_truth};
  CellReader detections{detection_placement, result.detections};
  for (auto number = std::min(truths.number(), detections.number()); number.first != IdIndex::kUnknown;
       number = std::min(truths.number(), detections.number())) {
    const std::span<std::uint32_t> detected = detections.take(number);
    std::stable_sort(detected.begin(), detected.end(), [&](std::uint32_t a, std::uint32_t b) {
      return set.detections[a].score > set.detections[b].score;
    });
    const std::size_t limit = max_detections > 0 ? static_cast<std::size_t>(max_detections) : detected.size();
    result.cells.push_back(
        {number.second, number.first, truths.take(number), detected.first(std::min(limit, detected.size()))});
  }
  return result;
}

std::span<const Cell> cells_of_category(const Cells& cells, std::size_t category) {
  const auto begin = std::lower_bound(cells.cells.begin(), cells.cells.end(), category,
                                      [](const Cell& cell, std::size_t wanted) { return cell.category < wanted; });
  const auto end = std::upper_bound(begin, cells.cells.end(), category,
                                    [](std::size_t wanted, const Cell& cell) { return wanted < cell.category; });
  return {begin, end};
}

}  // namespace bonescan
