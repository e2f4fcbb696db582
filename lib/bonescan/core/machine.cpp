#include "bonescan/core/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>

namespace bonescan {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 12> kFeatures = {"sse4_2",      "avx",      "f16c",     "fma",
                                                        "avx2",        "avx512f",  "avx512bw", "avx512_vnni",
                                                        "avx512_bf16", "amx_bf16", "asimd",    "sve"};

// The value of the first line "name : value" or "name: value"; empty if there is none.
std::string value_of(const fs::path& file, std::string_view name) {
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1) != name) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return {};
}

std::uint64_t kibibytes(const fs::path& file, std::string_view name) {
  std::uint64_t number = 0;
  std::istringstream(value_of(file, name)) >> number;
  return number * 1024;
}

std::vector<std::string> vector_features(const fs::path& cpuinfo) {
  std::string words = value_of(cpuinfo, "flags");
  if (words.empty()) words = value_of(cpuinfo, "Features");  // ARM
  std::istringstream stream(words);
  std::vector<std::string> features;
  for (std::string word; stream >> word;)
    if (std::find(kFeatures.begin(), kFeatures.end(), word) != kFeatures.end()) features.push_back(word);
  return features;
}

// The control group of the process for a controller of version 1, or for version 2 with an empty name
// (cgroups(7), /proc/PID/cgroup: lines "id:controllers:path").
fs::path control_group(const fs::path& root, std::string_view controller) {
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::istringstream names(line.substr(first + 1, second - first - 1));
    std::string name;
    do {
      std::getline(names, name, ',');
      if (name == controller) return fs::path(line.substr(second + 1)).relative_path();
    } while (names);
  }
  return {};
}

// Calls `visit` with the folder of the process's group and of each group above it.
template <typename Visit>
void for_each_group(const fs::path& root, const std::string& controller, const Visit& visit) {
  const fs::path top = root / "sys/fs/cgroup" / controller;
  for (fs::path group = control_group(root, controller);; group = group.parent_path()) {
    visit(top / group);
    if (group.empty()) return;
  }
}

template <typename Number>
void take_smaller(std::optional<Number>& limit, Number other) {
  if (!limit || other < *limit) limit = other;
}

std::optional<std::uint64_t> memory_limit(const fs::path& root, std::uint64_t memory) {
  std::optional<std::uint64_t> limit;
  const auto read = [&](const fs::path& file) {
    std::uint64_t bytes = 0;  // version 2 writes "max" for none, version 1 a number beyond all memory
    if (std::ifstream(file) >> bytes && (memory == 0 || bytes < memory)) take_smaller(limit, bytes);
  };
  for_each_group(root, "", [&](const fs::path& group) { read(group / "memory.max"); });
  for_each_group(root, "memory", [&](const fs::path& group) { read(group / "memory.limit_in_bytes"); });
  return limit;
}

std::optional<double> core_limit(const fs::path& root) {
  std::optional<double> limit;
  for_each_group(root, "", [&](const fs::path& group) {
    double quota = 0.0, period = 0.0;
    if (std::ifstream(group / "cpu.max") >> quota >> period && period > 0.0) take_smaller(limit, quota / period);
  });
  for_each_group(root, "cpu", [&](const fs::path& group) {
    double quota = 0.0, period = 0.0;
    if (std::ifstream(group / "cpu.cfs_quota_us") >> quota && std::ifstream(group / "cpu.cfs_period_us") >> period &&
        quota > 0.0 && period > 0.0)
      take_smaller(limit, quota / period);
  });
  return limit;
}

int usable_cores() {
  cpu_set_t cores;  // of 1,024: where there may be more, the call fails
  if (::sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

Machine describe_machine(const fs::path& root) {
  Machine machine;
  machine.processor = value_of(root / "proc/cpuinfo", "model name");
  machine.features = vector_features(root / "proc/cpuinfo");
  machine.cores = usable_cores();
  machine.core_limit = core_limit(root);
  machine.memory = kibibytes(root / "proc/meminfo", "MemTotal");
  machine.free_memory = kibibytes(root / "proc/meminfo", "MemAvailable");
  machine.memory_limit = memory_limit(root, machine.memory);
  return machine;
}

int usable_cores(const Machine& machine) {
  const double limit = std::ceil(machine.core_limit.value_or(machine.cores));
  return std::max(1, static_cast<int>(std::min<double>(machine.cores, limit)));
}

}  // namespace bonescan
