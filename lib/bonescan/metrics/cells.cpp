#include "bonescan/metrics/cells.h"

#include <algorithm>
#include <optional>

namespace bonescan {

namespace {

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::optional<std::size_t> index_of(const std::vector<std::int64_t>& ids, std::int64_t id) {
  const auto found = std::lower_bound(ids.begin(), ids.end(), id);
  if (found == ids.end() || *found != id) return std::nullopt;
  return static_cast<std::size_t>(found - ids.begin());
}

// A box with its place in the order of cells.
struct Placed {
  std::size_t cell = 0;  // category * images + image
  double score = 0.0;    // 0 for ground truth
  std::uint32_t index = 0;

  // By cell, then descending score, then file order.
  friend bool operator<(const Placed& a, const Placed& b) {
    if (a.cell != b.cell) return a.cell < b.cell;
    if (a.score != b.score) return a.score > b.score;
    return a.index < b.index;
  }
};

double score_of(const GroundTruthBox&) {
  return 0.0;
}
double score_of(const DetectedBox& box) {
  return box.score;
}

template <typename AnyBox>
std::vector<Placed> place(const std::vector<AnyBox>& boxes, const Cells& cells) {
  std::vector<Placed> placed;
  placed.reserve(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto image = index_of(cells.image_ids, boxes[i].image_id);
    const auto category = index_of(cells.category_ids, boxes[i].category_id);
    if (!image || !category) continue;
    placed.push_back({*category * cells.image_ids.size() + *image, score_of(boxes[i]), static_cast<std::uint32_t>(i)});
  }
  std::sort(placed.begin(), placed.end());
  return placed;
}

// The indices of the run of `placed` that belongs to `cell`; `next` moves past the run.
std::span<const std::uint32_t> take_run(const std::vector<Placed>& placed, const std::vector<std::uint32_t>& indices,
                                        std::size_t cell, std::size_t& next) {
  const std::size_t begin = next;
  while (next < placed.size() && placed[next].cell == cell) ++next;
  return std::span(indices).subspan(begin, next - begin);
}

std::vector<std::uint32_t> indices_of(const std::vector<Placed>& placed) {
  std::vector<std::uint32_t> indices(placed.size());
  std::transform(placed.begin(), placed.end(), indices.begin(), [](const Placed& box) { return box.index; });
  return indices;
}

}  // namespace

Cells make_cells(const EvaluationSet& set, int max_detections) {
  Cells result;
  result.image_ids = sorted_unique(set.image_ids);
  result.category_ids = sorted_unique(set.category_ids);
  const std::vector<Placed> ground_truth = place(set.ground_truth, result);
  const std::vector<Placed> detections = place(set.detections, result);
  result.ground_truth = indices_of(ground_truth);
  result.detections = indices_of(detections);

  std::size_t next_truth = 0, next_detection = 0;
  while (next_truth < ground_truth.size() || next_detection < detections.size()) {
    const std::size_t number =
        std::min(next_truth < ground_truth.size() ? ground_truth[next_truth].cell : SIZE_MAX,
                 next_detection < detections.size() ? detections[next_detection].cell : SIZE_MAX);
    Cell cell;
    cell.category = number / result.image_ids.size();
    cell.image = number % result.image_ids.size();
    cell.ground_truth = take_run(ground_truth, result.ground_truth, number, next_truth);
    cell.detections = take_run(detections, result.detections, number, next_detection);
    const auto limit = static_cast<std::size_t>(max_detections);
    if (max_detections > 0 && cell.detections.size() > limit) cell.detections = cell.detections.first(limit);
    result.cells.push_back(cell);
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
