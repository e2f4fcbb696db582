// The models of a run: the segmenter is loaded at once, the detector when the first radiograph needs it.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"
#include "bonescan/scan/model_selection.h"

namespace bonescan {

// A detector that is loaded on first use and then stays.
class LazyDetector {
 public:
  LazyDetector(ModelDescription description, std::function<Detector()> load)
      : description_(std::move(description)), load_(std::move(load)) {}

  // Thread-safe: one thread loads, others wait. Throws what loading throws, and OutputError where memory runs out; it
  // is not tried again.
  const Detector& get();
  bool loaded() const { return loaded_; }
  const ModelDescription& description() const { return description_; }

 private:
  ModelDescription description_;
  std::function<Detector()> load_;
  std::once_flag once_;
  std::optional<Detector> detector_;
  std::exception_ptr failure_;
  std::atomic<bool> loaded_ = false;
};

// Either may be missing: `segment` has no detector, `detect` no segmenter.
struct ScanModels {
  std::optional<Segmenter> segmenter;
  std::unique_ptr<LazyDetector> detector;
};

// The models that `task` needs. A detector without a segmenter before it is loaded at once. One that waits for its
// first radiograph must at least be a file that can be read, with a detection card; whether the network gives what the
// card promises shows when it is loaded. Throws UsageError, and OutputError or std::bad_alloc where memory runs out.
ScanModels load_scan_models(ScanTask task, const ModelSelection& selection, const SegmentationOptions& segmentation,
                            const DetectionOptions& detection);

// Pictures need not be decoded larger than this (ReadOptions::reduce_to_side) for these models: half as large again as
// the largest side of their inputs, at least 768. The default models share one value, so that `segment`, `detect` and
// `pipeline` see the same pixels.
int smallest_useful_side(const ScanModels& models);

}  // namespace bonescan
