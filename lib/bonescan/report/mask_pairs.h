// Which masks are compared with which: those of the ground truth and those predicted, by their names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/dataset/dataset.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

struct MaskPair {
  std::string name;  // the ground truth's path below its folder
  std::string key;   // the same without image extensions: what its radiograph is called, too
  std::filesystem::path ground_truth;
  std::filesystem::path prediction;
};

struct MaskFolders {
  std::filesystem::path ground_truth;
  std::filesystem::path predictions;  // masks, or an output folder of ours with masks/
  std::optional<std::filesystem::path> split_list;
  // Pictures that an output folder of ours calls failed are left out, with a note. Where all have failed, this decides
  // whether there are no pairs or a UsageError.
  bool all_may_have_failed = false;
  ReadOptions read = {};  // of the masks
};

struct MaskPairs {
  std::vector<MaskPair> pairs;     // in byte order of their names
  std::vector<std::string> notes;  // sentences that a report must repeat
};

// Pairs masks by their names without image extensions ("hand.png" and "hand.jpg.png" are a pair): the full
// relative path first, then a base name that is unique among the masks and the pictures that failed. Predictions
// without ground truth are left out with a note. Throws UsageError if a ground truth has no prediction, two masks share
// a name, or a folder is empty.
MaskPairs pair_masks(const MaskFolders& folders);

// The masks of the ground truth, less what the split list leaves out; file names without image extensions.
// Throws UsageError.
Dataset read_true_masks(const MaskFolders& folders);

}  // namespace bonescan
