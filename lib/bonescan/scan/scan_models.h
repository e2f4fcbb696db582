// The models of a run: the segmenter is loaded at once, the detector when the first radiograph needs it.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "bonescan/model/detector.h"
#include "bonescan/model/segmenter.h"

namespace bonescan {

// The card among those of --model-card that is for `task`; nullopt if none is. Throws UsageError if two are, or if one
// is no card.
std::optional<std::filesystem::path> card_for(ModelTask task, std::span<const std::filesystem::path> cards);

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

// Pictures need not be decoded larger than this (ReadOptions::reduce_to_side) for these models: half as large again as
// the largest side of their inputs, at least 768. The default models share one value, so that `segment`, `detect` and
// `pipeline` see the same pixels.
int smallest_useful_side(const ScanModels& models);

}  // namespace bonescan
