// Running models over the images of an evaluation.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "bonescan/core/cancellation.h"
#include "bonescan/core/json.h"
#include "bonescan/report/evaluation_request.h"

namespace bonescan {

struct ModelRun {
  bool interrupted = false;
  std::size_t images = 0;
  std::size_t failed = 0;  // of these
  Json models;             // "models" of run.json
};

// An image to run on, a file that no other has, and what the results shall call it: a relative name of its own.
struct NamedImage {
  std::filesystem::path path;
  std::string name;
};

// Runs the models of `request.task` over `images`; `output` is then an output folder of ours. The detector, if it is
// one, reports boxes from `score_threshold` on. Throws UsageError, and OutputError where the folder cannot be written.
ModelRun run_models(const EvaluationRequest& request, const std::vector<NamedImage>& images,
                    std::optional<double> score_threshold, const std::filesystem::path& output,
                    const Cancellation& cancellation);

}  // namespace bonescan
