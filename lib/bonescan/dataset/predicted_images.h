// Which images of a data set predictions tell of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "bonescan/dataset/dataset.h"
#include "bonescan/dataset/predictions.h"

namespace bonescan {

// The sentence about predictions on images that are neither in the set nor left out of it.
std::string note_of_unknown_images(std::size_t images, const std::string& first, const Dataset& dataset);

// Collects the images of the set that a detector has seen or failed on, and says in the end what became of the others.
// The set must outlive it.
class PredictedImages {
 public:
  explicit PredictedImages(const Dataset& dataset);

  // The detector saw the image, one of the set's, as one of `width` x `height` pixels (0: not known).
  void add_seen(std::int64_t image_id, int width, int height);

  // It failed on the image, one of the set's.
  void add_failed(std::int64_t image_id) { failed_.insert(image_id); }

  // The predictions tell of an image that is neither in the set nor left out of it.
  void add_unknown(const std::string& file_name) {
    if (++unknown_ == 1) first_unknown_ = file_name;
  }

  // Images that failed or were not added: those with boxes count as images without detections, and the others are
  // unseen negatives. Notes say how many, and of images that are unknown or whose size is another than the set's.
  // Throws UsageError if no image was added: `predictions.source` is of other images, or was cut off.
  void finish(Predictions& predictions) const;

 private:
  void leave_out(const std::unordered_set<std::int64_t>& images, std::string_view why, Predictions& predictions) const;

  const Dataset& dataset_;
  std::unordered_map<std::int64_t, const DatasetImage*> images_;
  std::unordered_set<std::int64_t> seen_;
  std::unordered_set<std::int64_t> failed_;
  std::size_t other_sizes_ = 0;
  std::string first_of_other_size_;
  std::size_t unknown_ = 0;
  std::string first_unknown_;
};

}  // namespace bonescan
