// The library that runs the networks, and the devices that it can use.
#pragma once

#include <string>
#include <vector>

namespace bonescan {

struct NetworkRuntime {
  std::string version;               // of LibTorch: "1.13.0"
  std::vector<std::string> devices;  // values for --device: "cpu", and "cuda:0" and so on where there are such
};

NetworkRuntime network_runtime();

}  // namespace bonescan
