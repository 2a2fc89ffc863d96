//===- Threads.h - A session's share of the process's threads ---------------===//
//
// One TBB task arena per session, all on TBB's one pool per process, whose
// number of busy threads is bounded whatever the number of sessions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_THREADS_H
#define LAZULI_RUNTIME_EXEC_THREADS_H

#include "runtime/exec/Placement.h"

#include <atomic>
#include <cstdint>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

namespace lz::rt {

/// The number of CPUs this process may use.
int getDefaultThreads();

class TaskArena {
public:
  /// `threads` >= 1, the calling thread included. Starts nothing before the
  /// first use.
  explicit TaskArena(int threads)
      : arena(threads), placement(arena, threads), threads(threads) {}

  int getThreads() const { return threads; }

  /// Runs `body` in the arena, on the calling thread.
  template <typename Body> void execute(const Body &body) {
    if (threads == 1)
      return arena.execute(body);
    placement.setCaller();
    arena.execute(body);
  }

private:
  tbb::task_arena arena;
  WorkerPlacement placement; // after the arena, which it watches
  int threads;
};

/// Calls `body(begin, end, worker)` for consecutive pieces of [0, grid) of at
/// most `chunk` units, on up to `workers` threads of the arena this runs in;
/// worker is below the arena's number of threads. Threads take pieces as they
/// come, so one that is kept busy elsewhere delays nothing but its piece.
template <typename Body>
void forEachChunk(int64_t grid, int64_t chunk, int workers, const Body &body) {
  // Orders what the caller wrote before the pieces, and the pieces before what
  // the caller reads next, without a look into TBB.
  std::atomic<int64_t> next{0};
  next.store(0, std::memory_order_release);
  auto work = [&](int) {
    int worker = tbb::this_task_arena::current_thread_index();
    for (;;) {
      int64_t begin = next.fetch_add(chunk, std::memory_order_acq_rel);
      if (begin >= grid)
        return;
      body(begin, grid - begin < chunk ? grid : begin + chunk, worker);
    }
  };
  tbb::parallel_for(0, workers, 1, work, tbb::simple_partitioner());
  (void)next.load(std::memory_order_acquire);
}

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_THREADS_H
