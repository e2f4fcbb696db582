// The COCO detection figures, equal to pycocotools.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

inline constexpr std::size_t coco_recall_points = 101;

// .50, .55, ... .95, computed as numpy.linspace(.5, .95, 10) does.
std::vector<double> coco_iou_thresholds();

// 0, .01, ... 1, computed as numpy.linspace(0, 1, 101) does.
std::array<double, coco_recall_points> coco_recalls();

struct CocoParameters {
  std::vector<double> iou_thresholds = coco_iou_thresholds();  // ascending, each in 0..1
  // The most detections per image and class that count, the highest scores first.
  // Every figure but AR1 and AR10 uses it; those use at most 1 and 10 of these detections. (pycocotools
  // reports ap = -1 for another limit than 100, because its summary asks for 100 in one place, and it
  // sorts [1, 10, 5], so that a limit of 5 becomes 10: both are slips, not definitions.)
  int max_detections = 100;
};

// The twelve numbers. Each is the mean over classes that have ground truth (of that size), and over the
// IoU thresholds; undefined (nullopt; -1 in pycocotools) if no class has any.
// AP: mean of the precisions at 101 recalls, precision made monotone from the right.
// AR: the recall reached with at most 1, 10 or `max_detections` detections per image and class.
// small: area <= 32^2, medium: 32^2..96^2, large: 96^2..1e10 pixels, both ends included; a ground truth
// of another size is ignored, and so is a detection of another size that matches nothing.
// Crowd regions are ignored and may be matched often, with intersection over the detection's area for
// IoU; difficult objects (Pascal VOC) are ignored, too, but matched once.
// Reference: pycocotools 2.0.11, COCOeval.evaluate, accumulate, summarize; unlike it, an annotation
// id of 0 is an id like any other. https://cocodataset.org/#detection-eval
struct CocoFigures {
  std::optional<double> ap;
  std::optional<double> ap50;  // undefined if 0.5 is not among the thresholds
  std::optional<double> ap75;
  std::optional<double> ap_small;
  std::optional<double> ap_medium;
  std::optional<double> ap_large;
  std::optional<double> ar_1;
  std::optional<double> ar_10;
  std::optional<double> ar_100;  // with `max_detections`, 100 or not
  std::optional<double> ar_small;
  std::optional<double> ar_medium;
  std::optional<double> ar_large;
};

struct CocoClass {
  std::int64_t category_id = 0;
  std::size_t ground_truth = 0;  // boxes that count: neither crowd nor difficult
  CocoFigures figures;           // of this class alone
  // Interpolated precision at IoU 0.5 at each of coco_recalls(); empty if the class has no ground truth.
  std::vector<double> precision_at_recalls;
};

struct CocoEvaluation {
  CocoFigures figures;
  std::vector<CocoClass> classes;  // in ascending order of category id, those without ground truth, too
};

CocoEvaluation evaluate_coco(const EvaluationSet& set, const CocoParameters& parameters = {});

// COCO AP at IoU 0.5 of each image alone, in the order of `set.image_ids`; nullopt for an image without
// ground truth that counts.
std::vector<std::optional<double>> coco_ap50_per_image(const EvaluationSet& set, int max_detections = 100);

}  // namespace bonescan
