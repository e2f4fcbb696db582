#include "bonescan/report/evaluation_request.h"

namespace bonescan {

const char* report_task(ScanTask task) {
  switch (task) {
    case ScanTask::kDetect:
      return "detection";
    case ScanTask::kSegment:
      return "segmentation";
    case ScanTask::kPipeline:
      return "pipeline";
  }
  return "";
}

BootstrapParameters bootstrap_parameters(const EvaluationSettings& settings) {
  return {.replicates = settings.bootstrap, .seed = settings.seed, .threads = settings.threads};
}

}  // namespace bonescan
