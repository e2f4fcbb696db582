#include "bonescan/scan/default_models.h"

#include <cstdlib>
#include <system_error>

namespace bonescan {
namespace fs = std::filesystem;

fs::path shipped_weights_folder() {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = (executable.parent_path() / BONESCAN_WEIGHTS_FROM_EXECUTABLE).lexically_normal();
  if (!executable.empty() && fs::is_directory(beside, error)) return beside;
  if (const fs::path source = BONESCAN_SOURCE_WEIGHTS; fs::is_directory(source, error)) return source;
  return BONESCAN_INSTALLED_WEIGHTS;
}

fs::path default_model_path(ModelTask task) {
  const char* named = std::getenv("BONESCAN_WEIGHTS");
  const fs::path folder = named && *named ? fs::path(named) : shipped_weights_folder();
  return folder / (task == ModelTask::kSegmentation ? "segnet.pt" : "ssd300_vgg16.pt");
}

}  // namespace bonescan
