// LibTorch behind the network interface: a program of TorchScript, prepared for inference on one thread at a time.
#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "bonescan/model/model.h"

namespace torch::jit {
struct Module;
}

namespace bonescan {

enum class Preparation {
  kFastest,  // does not suit every network
  kPlain,    // runs whatever LibTorch runs
};

// "cpu", "cuda" or "cuda:N". Throws UsageError for other names, and if there is no such CUDA device.
c10::Device find_device(const std::string& name);

// Takes the module over: its weights are converted in place. Throws UsageError that names the model's file if the
// program cannot be prepared, std::bad_alloc where memory runs out. That it can be run is for network_output.h to see.
std::unique_ptr<const Network> make_network(torch::jit::Module module, const ModelDescription& description,
                                            c10::Device device, Precision precision, Preparation preparation);

}  // namespace bonescan
