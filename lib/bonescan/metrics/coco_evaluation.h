// The COCO detection figures, equal to pycocotools.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "bonescan/metrics/evaluation_set.h"

namespace bonescan {

inline constexpr std::size_t kCocoIouThresholdCount = 10;

// .50, .55, ... .95, computed as numpy.linspace(.5, .95, 10) does.
std::array<double, kCocoIouThresholdCount> coco_iou_thresholds();

// The largest areas, in pixels, that COCO calls small and medium.
inline constexpr double kCocoLargestSmall = 32.0 * 32.0;
inline constexpr double kCocoLargestMedium = 96.0 * 96.0;

// The twelve numbers, each 0..1: the mean over classes that have ground truth (of that size), and over the
// IoU thresholds; undefined (nullopt; -1 in pycocotools) if no class has any.
// AP: mean of the precisions at 101 recalls, precision made monotone from the right.
// AR: the recall reached with at most 1, 10 or `max_detections` detections per image and class.
// small: area <= 32^2, medium: 32^2..96^2, large: 96^2..1e10, all: 0..1e10 pixels, both ends included; a
// ground truth of another size is ignored, and so is a detection of another size that matches nothing.
// Crowd regions are ignored and may be matched often, with intersection over the detection's area for
// IoU; difficult objects (Pascal VOC) are ignored, too, but matched once.
// Reference: pycocotools 2.0.11, COCOeval.evaluate, accumulate, summarize; unlike it, an annotation
// id of 0 is an id like any other. https://cocodataset.org/#detection-eval
struct CocoFigures {
  std::optional<double> ap;
  std::optional<double> ap50;
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

struct NamedCocoFigure {
  std::string_view name;  // in reports
  std::optional<double> CocoFigures::*figure;
};

// All of them, in pycocotools' order.
inline constexpr std::array<NamedCocoFigure, 12> kNamedCocoFigures = {{{"ap", &CocoFigures::ap},
                                                                       {"ap50", &CocoFigures::ap50},
                                                                       {"ap75", &CocoFigures::ap75},
                                                                       {"ap_small", &CocoFigures::ap_small},
                                                                       {"ap_medium", &CocoFigures::ap_medium},
                                                                       {"ap_large", &CocoFigures::ap_large},
                                                                       {"ar_1", &CocoFigures::ar_1},
                                                                       {"ar_10", &CocoFigures::ar_10},
                                                                       {"ar_100", &CocoFigures::ar_100},
                                                                       {"ar_small", &CocoFigures::ar_small},
                                                                       {"ar_medium", &CocoFigures::ar_medium},
                                                                       {"ar_large", &CocoFigures::ar_large}}};

struct CocoClass {
  std::int64_t category_id = 0;
  std::size_t ground_truth = 0;  // boxes that count: neither crowd nor difficult
  CocoFigures figures;           // of this class alone
  // Interpolated precision at IoU 0.5 at each of coco_recalls() (precision_recall.h); empty if the class has no ground
  // truth.
  std::vector<double> precision_at_recalls;
};

struct CocoEvaluation {
  CocoFigures figures;
  std::vector<CocoClass> classes;  // in ascending order of category id, those without ground truth, too
};

// `max_detections`: the most detections per image and class that count, the highest scores first; 0: all
// do. Every figure uses it, AR1 and AR10 at most 1 and 10 of them. (Asked for another limit than 100, pycocotools'
// summary reports ap as -1, and a limit below 10 is raised to 10 because it sorts the three limits: slips
// of the program, not definitions.)
CocoEvaluation evaluate_coco(const EvaluationSet& set, int max_detections = 100);

}  // namespace bonescan
