#include "bonescan/report/segmentation_evaluation.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/threads.h"
#include "bonescan/report/mask_file.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

struct EvaluatedPair {
  MaskFigures figures;
  bool ground_truth_is_grey = false;
  bool prediction_is_grey = false;
};

EvaluatedPair evaluate_pair(const MaskPair& pair, const ReadOptions& options) {
  const auto read = [&options](const fs::path& path) {
    try {
      return read_mask(path, options);
    } catch (const ImageError& error) {
      throw UsageError(fmt::format("the mask {}: {}", path.string(), error.what()));
    }
  };
  const Mask ground_truth = read(pair.ground_truth);
  const Mask prediction = read(pair.prediction);
  if (ground_truth.width != prediction.width || ground_truth.height != prediction.height)
    throw UsageError(fmt::format("the masks {} ({} x {}) and {} ({} x {}) must have the same size",
                                 pair.ground_truth.string(), ground_truth.width, ground_truth.height,
                                 pair.prediction.string(), prediction.width, prediction.height));
  return {mask_figures(ground_truth.view(), prediction.view()), ground_truth.is_from_grey, prediction.is_from_grey};
}

// Radiographs in the place of masks would give figures, too.
void note_grey_masks(const std::vector<EvaluatedPair>& pairs, bool EvaluatedPair::*is_grey, std::string_view role,
                     MaskPairs& masks) {
  const auto first = std::find_if(pairs.begin(), pairs.end(), std::mem_fn(is_grey));
  if (first == pairs.end()) return;
  const auto count = static_cast<std::size_t>(std::count_if(first, pairs.end(), std::mem_fn(is_grey)));
  masks.notes.push_back(fmt::format(
      "{} of the {} in grey levels, of which the upper half was taken for bone ({}); are these masks?",
      counted(count, "mask", "masks"), role, masks.pairs[static_cast<std::size_t>(first - pairs.begin())].name));
}

}  // namespace

std::vector<std::optional<double>> column(std::span<const MaskFigures> figures,
                                          std::optional<double> MaskFigures::*figure) {
  std::vector<std::optional<double>> values;
  for (const MaskFigures& image : figures) values.push_back(image.*figure);
  return values;
}

SegmentationEvaluation evaluate_masks(const MaskFolders& folders, const BootstrapParameters& bootstrap) {
  SegmentationEvaluation result;
  result.folders = folders;
  result.bootstrap = bootstrap;
  result.masks = pair_masks(folders);
  std::vector<EvaluatedPair> pairs(result.masks.pairs.size());
  run_on_threads(bootstrap.threads, [&] {
    tbb::parallel_for(std::size_t{0}, pairs.size(),
                      [&](std::size_t i) { pairs[i] = evaluate_pair(result.masks.pairs[i], folders.read); });
  });
  for (const EvaluatedPair& pair : pairs) result.figures.push_back(pair.figures);
  note_grey_masks(pairs, &EvaluatedPair::ground_truth_is_grey, "ground truth", result.masks);
  note_grey_masks(pairs, &EvaluatedPair::prediction_is_grey, "predictions", result.masks);
  result.summary = summarize_masks(result.figures);
  if (bootstrap.replicates > 0) {
    result.iou_interval = bootstrap_mean(column(result.figures, &MaskFigures::iou), bootstrap);
    result.dice_interval = bootstrap_mean(column(result.figures, &MaskFigures::dice), bootstrap);
  }
  return result;
}

}  // namespace bonescan
