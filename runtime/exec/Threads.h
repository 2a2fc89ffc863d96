//===- Threads.h - A session's share of the process's threads ---------------===//
//
// One TBB task arena per session, all on TBB's one pool per process, whose
// number of busy threads is bounded whatever the number of sessions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_THREADS_H
#define LAZULI_RUNTIME_EXEC_THREADS_H

#include "runtime/exec/Placement.h"

#include <algorithm>
#include <array>
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

/// The units of a grid, dealt to threads: each has an equal range of its own, takes it piece by
/// piece, and then what is left of others'. So a thread meets the rows that it made in the step
/// before, which are in its cache, and one that is kept busy elsewhere delays but one piece.
class GridShares {
public:
  /// `grid` units of at least 1, for up to `workers` threads.
  GridShares(int64_t grid, int workers) : count(std::min(workers, kMostShares)) {
    for (int i = 0; i < count; ++i) {
      int64_t first = i == 0 ? 0 : shares[i - 1].end;
      shares[i].end = first + grid / count + (i < grid % count);
      shares[i].next.store(first, std::memory_order_relaxed);
    }
    // Orders what the caller wrote before the pieces, without a look into TBB.
    done.store(0, std::memory_order_release);
  }

  /// Calls `body(begin, end)` for pieces of at most `chunk` units until none is left, first for
  /// those of thread number `worker`. The last pieces of a share become smaller, so that nobody
  /// waits for a whole one.
  template <typename Body> void take(int worker, int64_t chunk, const Body &body) {
    (void)done.load(std::memory_order_acquire);
    for (int i = 0; i < count; ++i) {
      Share &share = shares[(worker + i) % count];
      int64_t begin = share.next.load(std::memory_order_relaxed);
      while (begin < share.end) {
        int64_t end = begin + std::min(chunk, (share.end - begin + 1) / 2);
        if (!share.next.compare_exchange_weak(begin, end, std::memory_order_relaxed))
          continue;
        body(begin, end);
        begin = share.next.load(std::memory_order_relaxed);
      }
    }
    done.fetch_add(1, std::memory_order_release);
  }

  /// Orders the pieces before what the caller reads next.
  void join() const { (void)done.load(std::memory_order_acquire); }

private:
  /// More threads than this share one another's; it bounds what the stack takes.
  static constexpr int kMostShares = 64;

  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  int count;
  std::atomic<int> done; ///< threads that found no unit any more
  std::array<Share, kMostShares> shares;
};

/// Calls `body(begin, end, worker)` for consecutive pieces of [0, grid) of at
/// most `chunk` units, on up to `workers` threads of the arena this runs in;
/// worker is below the arena's number of threads.
template <typename Body>
void forEachChunk(int64_t grid, int64_t chunk, int workers, const Body &body) {
  GridShares shares(grid, workers);
  auto work = [&](int) {
    int worker = tbb::this_task_arena::current_thread_index();
    shares.take(worker, chunk, [&](int64_t begin, int64_t end) { body(begin, end, worker); });
  };
  tbb::parallel_for(0, workers, 1, work, tbb::simple_partitioner());
  shares.join();
}

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_THREADS_H
