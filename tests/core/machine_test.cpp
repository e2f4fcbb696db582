// What a run may use, read from the files of a made-up kernel (proc(5), cgroups(7)).
#include "bonescan/core/machine.h"

#include <catch2/catch.hpp>

#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

void write_machine(const test::TemporaryFolder& root, const std::string& groups) {
  write_file_atomically(root / "proc/cpuinfo",
                        "processor\t: 0\nmodel name\t: Made-up CPU\nflags\t\t: fpu avx2 fma avx512f\n\n"
                        "processor\t: 1\nmodel name\t: Another\n");
  write_file_atomically(root / "proc/meminfo", "MemTotal:        8000 kB\nMemFree:  10 kB\nMemAvailable:    5000 kB\n");
  write_file_atomically(root / "proc/self/cgroup", groups);
}

TEST_CASE("processor and memory are what the kernel says") {
  const test::TemporaryFolder root;
  write_machine(root, "0::/\n");
  const Machine machine = describe_machine(root.path());
  CHECK(machine.processor == "Made-up CPU");
  CHECK(machine.features == std::vector<std::string>{"avx2", "fma", "avx512f"});
  CHECK(machine.memory == 8000 * 1024);
  CHECK(machine.free_memory == 5000 * 1024);
  CHECK_FALSE(machine.memory_limit);
  CHECK_FALSE(machine.core_limit);
}

TEST_CASE("the smallest limit of a control group and those above it counts") {
  const test::TemporaryFolder root;
  write_machine(root, "0::/pod/container\n");
  write_file_atomically(root / "sys/fs/cgroup/pod/memory.max", "1048576\n");
  write_file_atomically(root / "sys/fs/cgroup/pod/container/memory.max", "max\n");
  write_file_atomically(root / "sys/fs/cgroup/pod/container/cpu.max", "150000 100000\n");
  write_file_atomically(root / "sys/fs/cgroup/pod/cpu.max", "max 100000\n");
  Machine machine = describe_machine(root.path());
  CHECK(machine.memory_limit == 1048576u);
  CHECK(machine.core_limit == 1.5);
  machine.cores = 8;
  CHECK(usable_cores(machine) == 2);
  machine.cores = 1;
  CHECK(usable_cores(machine) == 1);
}

TEST_CASE("limits of version 1 control groups count, and its number for no limit does not") {
  const test::TemporaryFolder root;
  write_machine(root, "4:memory:/job\n2:cpu,cpuacct:/job\n0::/\n");
  write_file_atomically(root / "sys/fs/cgroup/memory/job/memory.limit_in_bytes", "2097152\n");
  write_file_atomically(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write_file_atomically(root / "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
  write_file_atomically(root / "sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  const Machine machine = describe_machine(root.path());
  CHECK(machine.memory_limit == 2097152u);
  CHECK_FALSE(machine.core_limit);
  write_file_atomically(root / "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "250000\n");
  CHECK(describe_machine(root.path()).core_limit == 2.5);
}

TEST_CASE("a machine whose files cannot be read still has a core") {
  const test::TemporaryFolder root;
  const Machine machine = describe_machine(root.path());
  CHECK(machine.processor.empty());
  CHECK(machine.cores >= 1);
}

}  // namespace
}  // namespace bonescan
