// Which models a run takes, and what they run on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/model/model.h"

namespace bonescan {

// What is done with a radiograph: the segmenter runs, the detector, or the detector where the segmenter finds bone.
enum class ScanTask { kSegment, kDetect, kPipeline };

struct ModelSelection {
  // Unset: the default model, which comes with the executable `bonescan`. A program that links a library which was
  // installed under another prefix than it was built for names its models (${bonescan_WEIGHTS_DIR} in CMake).
  std::optional<std::filesystem::path> segmenter;
  std::optional<std::filesystem::path> detector;
  std::vector<CardFile> cards;  // used instead of those inside the models, each for the task that it names
  std::string device = "cpu";
  Precision precision = Precision::kFloat32;
};

bool runs_segmenter(ScanTask task);
bool runs_detector(ScanTask task);

// The file of the model for `task`, the default one if none is selected. It need not exist.
std::filesystem::path model_path(const ModelSelection& selection, ModelTask task);

// How the model for `task` is loaded. Throws UsageError if two of the cards are for it, or if one of them is no card.
ModelOptions model_options(const ModelSelection& selection, ModelTask task);

// Throws UsageError if one of the cards is for a model that `task` does not run.
void check_cards(const ModelSelection& selection, ScanTask task);

}  // namespace bonescan
