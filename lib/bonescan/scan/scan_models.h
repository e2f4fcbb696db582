// The models of a run: the segmenter is loaded at once, the detector when the first radiograph needs it.
#pragma once

#include <atomic>
#include <filesystem>
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

  // Thread-safe: one thread loads, others wait. Throws what loading throws, and OutputError where memory runs out.
  const Detector& get();
  bool loaded() const { return loaded_; }
  const ModelDescription& description() const { return description_; }

 private:
  ModelDescription description_;
  std::function<Detector()> load_;
  std::once_flag once_;
  std::optional<Detector> detector_;
  std::atomic<bool> loaded_ = false;
};

// Either may be missing: `segment` has no detector, `detect` no segmenter.
struct ScanModels {
  std::optional<Segmenter> segmenter;
  std::unique_ptr<LazyDetector> detector;
};

// Checks that the file is there, has a detection card and can be loaded, and takes its SHA-256; what the network
// answers is checked when the detector is loaded. Throws UsageError.
std::unique_ptr<LazyDetector> make_lazy_detector(const std::filesystem::path& path, const ModelOptions& model_options,
                                                 const DetectionOptions& options);

// The models that `task` needs; a detector that no segmenter stands before is loaded at once. Throws UsageError.
ScanModels load_scan_models(ScanTask task, const ModelSelection& selection, const SegmentationOptions& segmentation,
                            const DetectionOptions& detection);

// Pictures need not be decoded larger than this (ReadOptions::reduce_to_side) for these models: half as large again as
// the largest side of their inputs, at least 768. The default models share one value, so that `segment`, `detect` and
// `pipeline` see the same pixels.
int smallest_useful_side(const ScanModels& models);

}  // namespace bonescan
