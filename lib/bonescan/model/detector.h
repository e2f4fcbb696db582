// Fracture detection: boxes with scores.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/box.h"
#include "bonescan/image/radiograph.h"
#include "bonescan/model/model.h"
#include "bonescan/model/ssd.h"
#include "bonescan/model/test_time_flips.h"

namespace bonescan {

// Unset values come from the card's operating point, else from SsdOptions' defaults.
struct DetectionOptions {
  std::optional<double> score_threshold = {};
  std::optional<double> nms_iou = {};
  std::optional<double> box_voting_iou = {};
  std::optional<int> max_detections = {};
  std::optional<int> top_k = {};
  // Average over the picture and its mirror images (test_time_flips.h): takes four times as long.
  bool test_time_flips = false;
};

struct Detection {
  std::string label;   // class name from the card
  double score = 0.0;  // 0..1
  Box box;             // pixels of the upright image
};

class Detector {
 public:
  // Throws UsageError if the model is no detector, a threshold or count, given or the card's, is outside its range, or
  // flips are asked for and the anchors do not lie symmetrically.
  explicit Detector(Model model, const DetectionOptions& options = {});

  // Best score first. Throws ImageError if the network fails on the picture or its answer is not finite, std::bad_alloc
  // where memory runs out. Thread-safe.
  std::vector<Detection> detect(const Radiograph& radiograph) const;

  const Model& model() const { return model_; }
  const SsdOptions& options() const { return options_; }

 private:
  Model model_;
  SsdOptions options_;
  AnchorFormat anchor_format_ = AnchorFormat::kCorners;
  std::optional<MirroredAnchors> mirrored_anchors_;  // with test_time_flips
};

// Throws UsageError as load_model and the constructor do.
Detector load_detector(const std::filesystem::path& path, const ModelOptions& model_options = {},
                       const DetectionOptions& options = {});

}  // namespace bonescan
