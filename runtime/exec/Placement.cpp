//===- Placement.cpp ------------------------------------------------------===//
//
// See Placement.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Placement.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

using namespace lz::rt;

namespace {

/// The kernel's struct sched_attr, which not every C library declares.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtimeNs; ///< of ordinary threads: the length of a turn
  uint64_t deadlineNs;
  uint64_t periodNs;
};

} // namespace

/// The shortest turn that the kernel grants.
static constexpr uint64_t turnNs = 100'000;

namespace {

/// What this thread was allowed before it was placed. It is remembered here: an
/// arena that goes while a worker is inside gives it its CPUs back from another
/// thread, maybe after the worker has come to the next arena.
struct Allowed {
  bool isKnown = false;
  cpu_set_t cpus;
};

} // namespace

static thread_local Allowed allowed;

static pid_t getThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

/// Once per thread, for good: a thread alone on its CPU never feels it. Kernels
/// before 6.12 have no such wish.
static void requestShortTurns() {
  static thread_local bool done = false;
  if (std::exchange(done, true))
    return;
  SchedulingAttributes attributes = {};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0)
    return;
  // With other policies the same number means another thing.
  if (attributes.policy != SCHED_OTHER && attributes.policy != SCHED_BATCH)
    return;
  attributes.size = sizeof(attributes);
  attributes.runtimeNs = turnNs;
  (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

cpu_set_t lz::rt::withoutCpu(const cpu_set_t &allowed, int cpu) {
  cpu_set_t others = allowed;
  if (cpu >= 0 && cpu < CPU_SETSIZE)
    CPU_CLR(cpu, &others);
  return CPU_COUNT(&others) == 0 ? allowed : others;
}

static void allow(pid_t thread, const cpu_set_t &cpus) {
  (void)sched_setaffinity(thread, sizeof(cpus), &cpus);
}

/// What the user gave the thread since it was placed, who then knows best; none if it is
/// where it was placed, or nothing is known of it.
static std::optional<cpu_set_t> getMoved(pid_t thread, const cpu_set_t &placed) {
  cpu_set_t now;
  if (sched_getaffinity(thread, sizeof(now), &now) != 0 || CPU_EQUAL(&now, &placed))
    return std::nullopt;
  return now;
}

WorkerPlacement::WorkerPlacement(tbb::task_arena &arena, int threads)
    : tbb::task_scheduler_observer(arena), process(getpid()) {
  workers.reserve(threads); // runs allocate nothing
}

WorkerPlacement::~WorkerPlacement() {
  observe(false);
  std::lock_guard<std::mutex> lock(mutex);
  // Those that are still inside will not tell that they leave.
  if (process != getpid())
    return;
  for (const Worker &worker : workers)
    if (!getMoved(worker.thread, worker.placed))
      allow(worker.thread, worker.allowed);
}

/// Whether a thread that was allowed `allowed` may have been placed on `now`.
static bool mayBePlaced(const cpu_set_t &now, const cpu_set_t &allowed) {
  cpu_set_t both;
  CPU_AND(&both, &now, &allowed);
  return CPU_EQUAL(&both, &now) && CPU_COUNT(&now) + 1 >= CPU_COUNT(&allowed);
}

void WorkerPlacement::place(Worker &worker) {
  worker.placed = withoutCpu(worker.allowed, callerCpu);
  allow(worker.thread, worker.placed);
}

void WorkerPlacement::setCaller() {
  int cpu = sched_getcpu();
  if (cpu == callerCpu && !haveCome.load(std::memory_order_relaxed))
    return;
  if (!std::exchange(isStarted, true))
    observe(true);
  std::lock_guard<std::mutex> lock(mutex);
  callerCpu = cpu;
  haveCome.store(false, std::memory_order_relaxed);
  if (process != getpid()) {
    process = getpid();
    workers.clear();
  }
  for (Worker &worker : workers) {
    if (std::optional<cpu_set_t> moved = getMoved(worker.thread, worker.placed))
      worker.allowed = *moved;
    place(worker);
  }
}

/// `isWorker` is false for a thread that calls execute() of this arena, also if it is
/// another arena's worker.
void WorkerPlacement::on_scheduler_entry(bool isWorker) {
  if (!isWorker)
    return;
  requestShortTurns();
  // Fails where there are more CPUs than the set can name.
  cpu_set_t now;
  if (sched_getaffinity(0, sizeof(now), &now) != 0)
    return;
  if (!allowed.isKnown || !mayBePlaced(now, allowed.cpus))
    allowed = {true, now};
  std::lock_guard<std::mutex> lock(mutex);
  workers.push_back({getThread(), allowed.cpus, now});
  // The next run places it, if it stays that long.
  haveCome.store(true, std::memory_order_relaxed);
}

void WorkerPlacement::on_scheduler_exit(bool isWorker) {
  if (!isWorker)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  pid_t thread = getThread();
  auto isThread = [&](const Worker &worker) { return worker.thread == thread; };
  auto at = std::find_if(workers.begin(), workers.end(), isThread);
  if (at == workers.end())
    return;
  if (!getMoved(thread, at->placed))
    allow(thread, at->allowed);
  workers.erase(at);
  allowed.isKnown = false;
}
