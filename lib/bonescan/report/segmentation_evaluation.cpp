#include "bonescan/report/segmentation_evaluation.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include "bonescan/core/error.h"
#include "bonescan/core/threads.h"
#include "bonescan/report/mask_file.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;

MaskFigures evaluate_pair(const MaskPair& pair, const ReadOptions& options) {
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
  return mask_figures(ground_truth.view(), prediction.view());
}

template <typename Member>
std::vector<std::optional<double>> column(const std::vector<MaskFigures>& figures, Member member) {
  std::vector<std::optional<double>> values;
  for (const MaskFigures& image : figures) values.push_back(image.*member);
  return values;
}

}  // namespace

SegmentationEvaluation evaluate_masks(const MaskFolders& folders, const BootstrapParameters& bootstrap, int threads) {
  SegmentationEvaluation result;
  result.folders = folders;
  result.bootstrap = bootstrap;
  result.masks = pair_masks(folders);
  result.figures.resize(result.masks.pairs.size());
  run_on_threads(threads, [&] {
    tbb::parallel_for(std::size_t{0}, result.figures.size(),
                      [&](std::size_t i) { result.figures[i] = evaluate_pair(result.masks.pairs[i], folders.read); });
  });
  result.summary = summarize_masks(result.figures);
  if (bootstrap.replicates > 0) {
    result.iou_interval = bootstrap_mean(column(result.figures, &MaskFigures::iou), bootstrap);
    result.dice_interval = bootstrap_mean(column(result.figures, &MaskFigures::dice), bootstrap);
  }
  return result;
}

}  // namespace bonescan
