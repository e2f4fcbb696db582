#include "bonescan/scan/scan_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"

namespace bonescan {

std::optional<std::filesystem::path> card_for(ModelTask task, std::span<const std::filesystem::path> cards) {
  std::optional<std::filesystem::path> chosen;
  for (const std::filesystem::path& card : cards) {
    if (parse_model_card(read_text_file(card), card.string()).task != task) continue;
    if (chosen)
      throw UsageError(fmt::format("--model-card: {} and {} are for the same task; name one card a model",
                                   chosen->string(), card.string()));
    chosen = card;
  }
  return chosen;
}

const Detector& LazyDetector::get() {
  std::call_once(once_, [this] {
    try {
      detector_.emplace(load_());
    } catch (const std::bad_alloc&) {  // no fault of the radiograph that needs it first
      throw OutputError("there is not enough memory for the detector " + description_.path.string());
    }
    loaded_ = true;
  });
  return *detector_;
}

std::unique_ptr<LazyDetector> make_lazy_detector(const std::filesystem::path& path, const ModelOptions& model_options,
                                                 const DetectionOptions& options) {
  ModelDescription description = describe_model(path, ModelTask::kDetection, model_options);
  auto load = [description, model_options, options] {
    return Detector(load_model(description, model_options), options);
  };
  return std::make_unique<LazyDetector>(std::move(description), std::move(load));
}

int smallest_useful_side(const ScanModels& models) {
  int largest = 0;
  const auto consider = [&largest](const InputSpec& input) {
    largest = std::max({largest, input.width, input.height});
  };
  if (models.segmenter) consider(models.segmenter->model().card.input);
  if (models.detector) consider(models.detector->description().card.input);
  return std::max(768, largest + largest / 2);
}

}  // namespace bonescan
