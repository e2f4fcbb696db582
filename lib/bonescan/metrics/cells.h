// Cells: the ground truth and the detections of one class in one image, which all matching works on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

struct Cell {
  std::size_t image = 0;     // index into Cells::image_ids
  std::size_t category = 0;  // index into Cells::category_ids
  // Indices into the evaluation set. Detections in descending score, equal scores in file order.
  std::span<const std::uint32_t> ground_truth;
  std::span<const std::uint32_t> detections;
};

// Cells that hold anything, by category, then image. The spans lie in the two vectors: movable, not
// copyable.
struct Cells {
  std::vector<std::int64_t> image_ids;     // ascending, each once
  std::vector<std::int64_t> category_ids;  // ascending, each once
  std::vector<Cell> cells;
  std::vector<std::uint32_t> ground_truth;
  std::vector<std::uint32_t> detections;

  Cells() = default;
  Cells(Cells&&) = default;
  Cells& operator=(Cells&&) = default;
};

// Detections beyond the first `max_detections` of a cell are left out (0: no limit), and so are boxes of unknown
// images and categories.
Cells make_cells(const EvaluationSet& set, int max_detections);

// The cells of one category.
std::span<const Cell> cells_of_category(const Cells& cells, std::size_t category);

}  // namespace bonescan
