#include "bonescan/metrics/precision_recall.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace bonescan {

std::array<double, kCocoRecallPoints> coco_recalls() {
  std::array<double, kCocoRecallPoints> recalls;
  for (std::size_t i = 0; i < recalls.size(); ++i) recalls[i] = static_cast<double>(i) * (1.0 / 100.0);
  recalls.back() = 1.0;
  return recalls;
}

std::array<double, kCocoRecallPoints> interpolated_precision(std::span<const RankedTruePositive> ranked,
                                                             double ground_truth) {
  static const std::array<double, kCocoRecallPoints> recalls = coco_recalls();
  std::array<double, kCocoRecallPoints> precisions{};
  // From the last true positive back to the first, and from recall 1 down: `highest` is the best precision
  // at or after the one at hand.
  double highest = 0.0;
  std::size_t next = ranked.size();
  for (std::size_t point = recalls.size(); point-- > 0;) {
    while (next > 0 && ranked[next - 1].true_positives / ground_truth >= recalls[point]) {
      --next;
      // COCOeval adds numpy.spacing(1) to keep 0/0 out; it shows in the last digit.
      highest = std::max(highest,
                         ranked[next].true_positives / (ranked[next].counted + std::numeric_limits<double>::epsilon()));
    }
    precisions[point] = highest;
  }
  return precisions;
}

double average_precision(std::span<const RankedTruePositive> ranked, double ground_truth) {
  const auto precisions = interpolated_precision(ranked, ground_truth);
  return std::accumulate(precisions.begin(), precisions.end(), 0.0) / static_cast<double>(precisions.size());
}

}  // namespace bonescan
