#include "bonescan/metrics/voc_average_precision.h"

#include <algorithm>
#include <span>

#include "bonescan/metrics/cell_matcher.h"

namespace bonescan {

namespace {

struct RankedDetection {
  double score = 0.0;
  bool true_positive = false;
};

// One point of the curve for each detection that counts.
struct CurvePoint {
  double recall = 0.0;
  double precision = 0.0;
};

Box grown(const Box& box, double extra) {
  return {box.x, box.y, box.width + extra, box.height + extra};
}

struct BestTruth {
  std::size_t position = 0;
  double iou = -1.0;
};

// Adds what becomes of the cell's detections to `ranked`, those of difficult objects left out.
void match_cell(const EvaluationSet& set, const Cell& cell, const VocParameters& parameters,
                std::vector<RankedDetection>& ranked) {
  const double extra = parameters.plus_one_pixel ? 1.0 : 0.0;
  std::vector<bool> taken(cell.ground_truth.size(), false);
  for (const std::uint32_t detection : cell.detections) {
    const Box box = grown(set.detections[detection].box, extra);
    BestTruth best;
    for (std::size_t i = 0; i < cell.ground_truth.size(); ++i) {
      const GroundTruthBox& truth = set.ground_truth[cell.ground_truth[i]];
      if (truth.crowd) continue;
      const Box truth_box = grown(truth.box, extra);
      if (parameters.iou_threshold > 0.0 && !may_overlap(box, truth_box)) continue;
      const double iou = intersection_over_union(box, truth_box);
      if (iou > best.iou) best = {i, iou};
    }
    const double score = set.detections[detection].score;
    if (best.iou < parameters.iou_threshold) {
      ranked.push_back({score, false});
    } else if (!set.ground_truth[cell.ground_truth[best.position]].difficult) {
      ranked.push_back({score, !taken[best.position]});
      taken[best.position] = true;
    }
  }
}

std::vector<CurvePoint> precision_recall(std::span<const RankedDetection> ranked, std::size_t ground_truth) {
  std::vector<CurvePoint> curve;
  std::size_t true_positives = 0;
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    true_positives += ranked[i].true_positive;
    curve.push_back({static_cast<double>(true_positives) / static_cast<double>(ground_truth),
                     static_cast<double>(true_positives) / static_cast<double>(i + 1)});
  }
  return curve;
}

double ap_11_point(std::span<const CurvePoint> curve) {
  double sum = 0.0;
  for (int i = 0; i <= 10; ++i) {
    // 3 * 0.1 exceeds 0.3 in floating point; numpy.arange, which voc_eval.py uses, shares that.
    const double recall = i * 0.1;
    double highest = 0.0;
    for (const CurvePoint& point : curve) {
      if (point.recall >= recall) highest = std::max(highest, point.precision);
    }
    sum += highest;
  }
  return sum / 11.0;
}

double ap_all_points(std::span<const CurvePoint> curve) {
  double sum = 0.0;
  double envelope = 0.0;
  for (std::size_t i = curve.size(); i-- > 0;) {
    envelope = std::max(envelope, curve[i].precision);
    sum += (curve[i].recall - (i > 0 ? curve[i - 1].recall : 0.0)) * envelope;
  }
  return sum;
}

VocClass evaluate_class(const EvaluationSet& set, std::span<const Cell> cells, const VocParameters& parameters) {
  VocClass result;
  std::vector<RankedDetection> ranked;
  for (const Cell& cell : cells) {
    for (const std::uint32_t truth : cell.ground_truth) result.ground_truth += !is_ignored(set.ground_truth[truth]);
    match_cell(set, cell, parameters, ranked);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const RankedDetection& a, const RankedDetection& b) { return a.score > b.score; });
  for (const RankedDetection& detection : ranked) {
    ++(detection.true_positive ? result.true_positives : result.false_positives);
  }
  if (result.ground_truth > 0) {
    const std::vector<CurvePoint> curve = precision_recall(ranked, result.ground_truth);
    result.ap_11_point = ap_11_point(curve);
    result.ap_all_points = ap_all_points(curve);
  }
  return result;
}

}  // namespace

VocEvaluation evaluate_voc(const EvaluationSet& set, const VocParameters& parameters) {
  const Cells cells = make_cells(set, 0);
  VocEvaluation result;
  double sum_11_point = 0.0, sum_all_points = 0.0;
  std::size_t classes = 0;
  for (std::size_t category = 0; category < cells.category_ids.size(); ++category) {
    VocClass one = evaluate_class(set, cells_of_category(cells, category), parameters);
    one.category_id = cells.category_ids[category];
    if (one.ap_11_point) {
      sum_11_point += *one.ap_11_point;
      sum_all_points += *one.ap_all_points;
      ++classes;
    }
    result.classes.push_back(one);
  }
  if (classes > 0) {
    result.ap_11_point = sum_11_point / static_cast<double>(classes);
    result.ap_all_points = sum_all_points / static_cast<double>(classes);
  }
  return result;
}

}  // namespace bonescan
