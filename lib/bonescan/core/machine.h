// What the machine, and the container that the process runs in, give a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bonescan {

struct Machine {
  std::string processor;                      // as the kernel names it; may be empty
  std::vector<std::string> features;          // of the vector units, as the kernel names them: "avx2", "avx512f", ...
  int cores = 1;                              // that the process may run on
  std::optional<double> core_limit;           // of the control group, in cores: unset if there is none
  std::uint64_t memory = 0;                   // bytes
  std::uint64_t free_memory = 0;              // that could be had without swapping
  std::optional<std::uint64_t> memory_limit;  // of the control group
};

// Reads /proc and the control groups below /sys/fs/cgroup (version 2, else 1; a limit of a parent group counts).
// What cannot be read stays as it is above. `root` is the root of the file system: the seam for tests.
Machine describe_machine(const std::filesystem::path& root = "/");

// How many cores the process may use at once: those that it may run on or, rounded up, the control group's limit. At
// least 1.
int usable_cores(const Machine& machine);

}  // namespace bonescan
