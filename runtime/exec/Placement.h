//===- Placement.h - Where the pool's threads run ---------------------------===//
//
// A machine has other work to do as well. Left alone, the scheduler may put a
// worker on the CPU of the thread that it works for, where one of the two waits
// for the other, while a neighbour has a CPU for itself. So workers that stay in
// the arena from one run to the next leave that CPU until they go, and all ask
// for short turns, which they get back sooner when they gave one away for want
// of work.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_RUNTIME_EXEC_PLACEMENT_H
#define LAZULI_RUNTIME_EXEC_PLACEMENT_H

#include <atomic>
#include <mutex>
#include <sched.h>
#include <sys/types.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>
#include <vector>

namespace lz::rt {

/// `allowed` without `cpu`, or `allowed` itself where nothing would be left.
cpu_set_t withoutCpu(const cpu_set_t &allowed, int cpu);

/// Places the workers of one arena, which must outlive it. All of it is advice:
/// where the system refuses, threads stay where they are.
class WorkerPlacement : public tbb::task_scheduler_observer {
public:
  /// Starts nothing before the first setCaller().
  WorkerPlacement(tbb::task_arena &arena, int threads);
  /// Every thread may run again where it could before.
  ~WorkerPlacement() override;

  /// Says that this thread is the one whom the arena's workers help from now on. One at
  /// a time. Two nanoseconds, unless there are workers to place: the thread has moved to
  /// another CPU, or they have come since the last time.
  void setCaller();

private:
  /// A worker that is in the arena now.
  struct Worker {
    pid_t thread;
    cpu_set_t allowed; ///< when it came, or what the user gave it since
    cpu_set_t placed;  ///< what it was given here last, or came with
  };

  void on_scheduler_entry(bool isWorker) override;
  void on_scheduler_exit(bool isWorker) override;
  void place(Worker &worker);

  std::mutex mutex; ///< of `workers`, and of placing them
  std::vector<Worker> workers;
  int callerCpu = -1;
  std::atomic<bool> haveCome{false}; ///< workers that are not placed yet
  bool isStarted = false;
  pid_t process; ///< a fork has none of the threads
};

} // namespace lz::rt

#endif // LAZULI_RUNTIME_EXEC_PLACEMENT_H
