// Parallel work on a number of threads that the user chose.
#pragma once

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <cstddef>

namespace bonescan {

// The number itself, or for 0 as many as the process may use cores at once (usable_cores of core/machine.h).
int threads_in_use(int asked_for);

// Calls `work()` so that the oneTBB algorithms in it use threads_in_use(threads).
// More threads than cores are allowed, and without the warning that oneTBB prints of itself.
template <typename Work>
void run_on_threads(int threads, const Work& work) {
  const int count = threads_in_use(threads);
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count));
  tbb::task_arena arena(count);
  arena.execute(work);
}

}  // namespace bonescan
