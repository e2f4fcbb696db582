// Parallel work on a number of threads that the user chose.
#pragma once

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <cstddef>

namespace bonescan {

// Calls `work()` so that the oneTBB algorithms in it use that many threads; 0: as many as there are cores.
// More threads than cores are allowed, and without the warning that oneTBB prints of itself.
template <typename Work>
void run_on_threads(int threads, const Work& work) {
  const int count = threads > 0 ? threads : tbb::info::default_concurrency();
  const tbb::global_control allowed(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(count));
  tbb::task_arena arena(count);
  arena.execute(work);
}

}  // namespace bonescan
