#include "bonescan/scan/model_selection.h"

#include <fmt/format.h>

#include "bonescan/core/error.h"
#include "bonescan/scan/default_models.h"

namespace bonescan {
namespace {

ModelTask task_of_card(const CardFile& card) {
  return parse_model_card(card.text, card.path.string()).task;
}

}  // namespace

bool runs_segmenter(ScanTask task) {
  return task != ScanTask::kDetect;
}

bool runs_detector(ScanTask task) {
  return task != ScanTask::kSegment;
}

std::filesystem::path model_path(const ModelSelection& selection, ModelTask task) {
  const auto& selected = task == ModelTask::kSegmentation ? selection.segmenter : selection.detector;
  return selected.value_or(default_model_path(task));
}

ModelOptions model_options(const ModelSelection& selection, ModelTask task) {
  ModelOptions options{selection.device, selection.precision};
  for (const CardFile& card : selection.cards) {
    if (task_of_card(card) != task) continue;
    if (options.card)
      throw UsageError(fmt::format("--model-card: {} and {} are for the same task; name one card a model",
                                   options.card->path.string(), card.path.string()));
    options.card = card;
  }
  return options;
}

void check_cards(const ModelSelection& selection, ScanTask task) {
  for (const CardFile& card : selection.cards) {
    const ModelTask of_card = task_of_card(card);
    if (!(of_card == ModelTask::kDetection ? runs_detector(task) : runs_segmenter(task)))
      throw UsageError(fmt::format("--model-card: {} is a card for {}, and no such model runs here", card.path.string(),
                                   task_name(of_card)));
  }
}

}  // namespace bonescan
