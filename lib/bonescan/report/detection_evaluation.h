// Everything that is computed when detections are evaluated, before it becomes a report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"
#include "bonescan/metrics/bootstrap.h"
#include "bonescan/metrics/coco_evaluation.h"
#include "bonescan/metrics/detection_matching.h"
#include "bonescan/metrics/evaluation_set.h"
#include "bonescan/metrics/froc.h"
#include "bonescan/metrics/image_figures.h"
#include "bonescan/metrics/image_level.h"
#include "bonescan/metrics/image_matches.h"
#include "bonescan/metrics/operating_point.h"
#include "bonescan/metrics/voc_average_precision.h"

namespace bonescan {

struct DetectionEvaluationOptions {
  double iou_threshold = 0.5;          // of VOC, FROC and the operating point; COCO figures have their own
  int max_detections = 100;            // per image and class, for the COCO figures
  double score_threshold = 0.0;        // the operating point: detections at or above it count
  std::string score_threshold_source;  // where it comes from, for the report
  BootstrapParameters bootstrap;
};

// Average precision of VOC at `iou_threshold`, continuous and with the historic +1 pixel.
struct VocPair {
  VocEvaluation continuous;
  VocEvaluation plus_one_pixel;
};

// The figures of a part of the images: those that show a body region.
struct RegionFigures {
  std::string region;
  std::size_t images = 0;
  std::size_t ground_truth = 0;
  std::optional<double> ap50;
  std::optional<double> sensitivity_at_1_fp;
  OperatingPoint operating_point;
};

// The ground truth of one COCO size and how much of it is found at the operating point.
struct SizeFigures {
  std::string size;  // small, medium or large
  std::size_t ground_truth = 0;
  std::size_t found = 0;
  std::optional<double> ap;
  std::optional<double> ar;
};

struct DetectionEvaluation {
  Dataset dataset;
  Predictions predictions;
  DetectionEvaluationOptions options;
  EvaluationSet set;
  CocoEvaluation coco;
  VocEvaluation voc50;
  VocPair voc;
  PerImageSummary per_image;
  OperatingPoint operating_point;
  std::optional<OperatingPoint> best_f1;
  std::vector<FrocPoint> froc;
  std::vector<ScoredImage> scored_images;  // in the order of dataset.images
  ImageLevelFigures image_level;
  std::vector<RocPoint> roc;
  std::vector<ImageMatches> rows;  // in the order of dataset.images
  ResampledIntervals intervals;
  Matching matching;  // of all detections, at options.iou_threshold
  std::vector<RegionFigures> regions;
  std::vector<SizeFigures> sizes;
};

// Of no image at all every figure is undefined.
DetectionEvaluation evaluate_detections(Dataset dataset, Predictions predictions,
                                        const DetectionEvaluationOptions& options);

}  // namespace bonescan
