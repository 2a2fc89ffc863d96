//===- PlacementTest.cpp - Where an arena's workers run -----------------------===//
//
// Workers that stay leave the CPU of the thread they work for, follow its moves,
// and get back what they were allowed before.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace lz::rt;

namespace {

cpu_set_t makeSet(const std::vector<int> &cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu : cpus)
    CPU_SET(cpu, &set);
  return set;
}

std::vector<int> getCpus(const cpu_set_t &set) {
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set))
      cpus.push_back(cpu);
  return cpus;
}

std::vector<int> getAllowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  EXPECT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
  return getCpus(set);
}

void allow(const std::vector<int> &cpus) {
  cpu_set_t set = makeSet(cpus);
  ASSERT_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/// What one worker sees while it works for the calling thread: the caller holds
/// back its own piece until a worker has come.
std::vector<int> getAllowedOfWorker(const std::function<void(const std::function<void()> &)> &run,
                                    int threads) {
  std::vector<int> seen;
  std::mutex mutex;
  std::atomic<bool> hasCome{false};
  const auto caller = std::this_thread::get_id();
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  run([&] {
    forEachChunk(threads, 1, threads, [&](int64_t, int64_t, int) {
      if (std::this_thread::get_id() != caller) {
        std::lock_guard<std::mutex> lock(mutex);
        seen = getAllowed();
        hasCome = true;
      }
      while (!hasCome && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    });
  });
  return seen;
}

class PlacementTest : public testing::Test {
protected:
  void SetUp() override {
    before = getAllowed();
    if (before.size() < 2)
      GTEST_SKIP() << "one CPU: a worker cannot leave it";
    // The pool's threads begin with what its first user is allowed.
    tbb::task_arena other(2);
    unplaced = getAllowedOfWorker([&](auto &body) { other.execute(body); }, 2);
  }
  void TearDown() override { allow(before); }

  /// What workers are allowed that stay from run to run: `expected` after some runs,
  /// for a worker may leave between two, or else what was seen last.
  std::vector<int> getPlaced(TaskArena &arena, const std::vector<int> &expected) {
    std::vector<int> seen;
    for (int run = 0; run < 1000 && seen != expected; ++run)
      seen = getAllowedOfWorker([&](auto &body) { arena.execute(body); }, arena.getThreads());
    return seen;
  }

  /// `unplaced` without `cpu`.
  std::vector<int> without(int cpu) const {
    std::vector<int> others = unplaced;
    others.erase(std::remove(others.begin(), others.end(), cpu), others.end());
    return others;
  }

  std::vector<int> before, unplaced;
};

} // namespace

TEST(WithoutCpuTest, LeavesOthersAndNeverNothing) {
  EXPECT_EQ(getCpus(withoutCpu(makeSet({0, 1, 5}), 1)), (std::vector<int>{0, 5}));
  EXPECT_EQ(getCpus(withoutCpu(makeSet({0, 1}), 3)), (std::vector<int>{0, 1}));
  EXPECT_EQ(getCpus(withoutCpu(makeSet({4}), 4)), (std::vector<int>{4}));
  EXPECT_EQ(getCpus(withoutCpu(makeSet({0, 1}), -1)), (std::vector<int>{0, 1}));
  EXPECT_EQ(getCpus(withoutCpu(makeSet({0, 1}), CPU_SETSIZE)), (std::vector<int>{0, 1}));
}

TEST_F(PlacementTest, WorkersLeaveTheCallersCpuAndFollowIt) {
  TaskArena arena(2);
  for (int cpu : {before[0], before[1], before[0]}) {
    allow({cpu});
    EXPECT_EQ(getPlaced(arena, without(cpu)), without(cpu));
  }
}

TEST_F(PlacementTest, WorkersOfOtherArenasGoWhereTheyLike) {
  {
    TaskArena arena(2);
    allow({before[0]});
    EXPECT_EQ(getPlaced(arena, without(before[0])), without(before[0]));
  } // the worker may still be inside
  tbb::task_arena other(2);
  EXPECT_EQ(getAllowedOfWorker([&](auto &body) { other.execute(body); }, 2), unplaced);
}

TEST_F(PlacementTest, AWorkerThatLeavesGetsBackWhatItHad) {
  TaskArena arena(2);
  allow({before[0]});
  EXPECT_EQ(getPlaced(arena, without(before[0])), without(before[0]));
  tbb::task_arena other(2);
  EXPECT_EQ(getAllowedOfWorker([&](auto &body) { other.execute(body); }, 2), unplaced);
}

TEST_F(PlacementTest, AWorkerThatTheUserMovedStaysThere) {
  std::atomic<pid_t> moved{0};
  {
    TaskArena arena(2);
    allow({before[0]});
    const auto caller = std::this_thread::get_id();
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    arena.execute([&] {
      forEachChunk(2, 1, 2, [&](int64_t, int64_t, int) {
        if (std::this_thread::get_id() != caller) {
          allow({before[0]});
          moved = static_cast<pid_t>(syscall(SYS_gettid));
        }
        while (!moved && std::chrono::steady_clock::now() < end)
          std::this_thread::yield();
      });
    });
  }
  ASSERT_NE(moved, 0);
  cpu_set_t set = {};
  ASSERT_EQ(sched_getaffinity(moved, sizeof(set), &set), 0);
  EXPECT_EQ(getCpus(set), std::vector<int>{before[0]});
  set = makeSet(unplaced);
  ASSERT_EQ(sched_setaffinity(moved, sizeof(set), &set), 0);
}

TEST_F(PlacementTest, AWorkerThatCallsAnotherArenaStaysWhereItIs) {
  TaskArena outer(2), inner(2);
  allow({before[0]});
  EXPECT_EQ(getPlaced(outer, without(before[0])), without(before[0]));
  const auto caller = std::this_thread::get_id();
  std::vector<int> had, seen;
  std::atomic<bool> isDone{false};
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  outer.execute([&] {
    forEachChunk(2, 1, 2, [&](int64_t, int64_t, int) {
      if (std::this_thread::get_id() != caller) {
        had = getAllowed();
        for (int run = 0; run < 3; ++run) // a helper is placed by the run after it came
          inner.execute([] {});
        seen = getAllowed();
        isDone = true;
      }
      while (!isDone && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    });
  });
  ASSERT_TRUE(isDone);
  EXPECT_EQ(seen, had);
  EXPECT_EQ(getAllowed(), std::vector<int>{before[0]});
}

TEST_F(PlacementTest, AWorkerOfOneRunIsLetBe) {
  TaskArena arena(2);
  allow({before[0]});
  EXPECT_EQ(getAllowedOfWorker([&](auto &body) { arena.execute(body); }, 2), unplaced);
}

TEST_F(PlacementTest, ArenasThatComeAndGoLeaveNothingBehind) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) {
        TaskArena arena(2);
        std::atomic<int64_t> sum{0};
        for (int run = 0; run < 5; ++run)
          arena.execute([&] {
            forEachChunk(64, 1, 2, [&](int64_t begin, int64_t, int) { sum += begin; });
          });
        EXPECT_EQ(sum, 5 * 63 * 32);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  tbb::task_arena other(2);
  EXPECT_EQ(getAllowedOfWorker([&](auto &body) { other.execute(body); }, 2), unplaced);
}
