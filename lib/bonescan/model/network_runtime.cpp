#include "bonescan/model/network_runtime.h"

#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/version.h>

namespace bonescan {

NetworkRuntime network_runtime() {
  NetworkRuntime runtime{TORCH_VERSION, {"cpu"}};
  for (std::size_t i = 0; torch::cuda::is_available() && i < torch::cuda::device_count(); ++i)
    runtime.devices.push_back(fmt::format("cuda:{}", i));
  return runtime;
}

}  // namespace bonescan
