#include "bonescan/scan/scan_models.h"

#include <algorithm>
#include <filesystem>
#include <new>
#include <utility>

#include "bonescan/core/error.h"

namespace bonescan {

const Detector& LazyDetector::get() {
  std::call_once(once_, [this] {
    try {
      detector_.emplace(load_());
      loaded_ = true;
    } catch (const std::bad_alloc&) {  // no fault of the radiograph that needs it first
      failure_ = std::make_exception_ptr(
          OutputError("there is not enough memory for the detector " + description_.path.string()));
    } catch (...) {  // kept: after an exception call_once would let each thread that waits load it again
      failure_ = std::current_exception();
    }
  });
  if (failure_) std::rethrow_exception(failure_);
  return *detector_;
}

namespace {

std::unique_ptr<LazyDetector> make_lazy_detector(const std::filesystem::path& path, const ModelOptions& model_options,
                                                 const DetectionOptions& options) {
  ModelDescription description = describe_model(path, ModelTask::kDetection, model_options);
  auto load = [description, model_options, options] {
    return Detector(load_model(description, model_options), options);
  };
  return std::make_unique<LazyDetector>(std::move(description), std::move(load));
}

}  // namespace

ScanModels load_scan_models(ScanTask task, const ModelSelection& selection, const SegmentationOptions& segmentation,
                            const DetectionOptions& detection) {
  check_cards(selection, task);
  ScanModels models;
  if (runs_segmenter(task)) {
    models.segmenter.emplace(load_segmenter(model_path(selection, ModelTask::kSegmentation),
                                            model_options(selection, ModelTask::kSegmentation), segmentation));
  }
  if (runs_detector(task)) {
    models.detector = make_lazy_detector(model_path(selection, ModelTask::kDetection),
                                         model_options(selection, ModelTask::kDetection), detection);
    if (!models.segmenter) models.detector->get();  // every radiograph needs it: what is wrong with it shows now
  }
  return models;
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
