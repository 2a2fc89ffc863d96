//===- MemoryPlannerTest.cpp ----------------------------------------------===//
//
// No overlap of what lives together, close to the best there is.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/MemoryPlanner.h"

#include "runtime/base/Buffer.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace lz::rt;

static void expectValid(const std::vector<Lifetime> &lives,
                        const MemoryPlan &plan) {
  ASSERT_EQ(plan.offsets.size(), lives.size());
  for (size_t i = 0; i < lives.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % bufferAlignment, 0u);
    EXPECT_LE(plan.offsets[i] + lives[i].sizeBytes, plan.arenaBytes);
    for (size_t j = 0; j < i; ++j) {
      bool meet =
          lives[i].first <= lives[j].last && lives[j].first <= lives[i].last;
      bool overlap = plan.offsets[i] < plan.offsets[j] + lives[j].sizeBytes &&
                     plan.offsets[j] < plan.offsets[i] + lives[i].sizeBytes;
      EXPECT_FALSE(meet && overlap) << i << " and " << j;
    }
  }
}

static uint64_t alignedSize(const Lifetime &life) {
  return alignUp(life.sizeBytes, bufferAlignment);
}

/// The smallest arena over all orders of placing each value as low as it goes,
/// which contains an optimal plan.
static uint64_t findBest(const std::vector<Lifetime> &lives) {
  std::vector<size_t> order(lives.size());
  std::iota(order.begin(), order.end(), size_t(0));
  uint64_t best = UINT64_MAX;
  do {
    std::vector<uint64_t> offsets(lives.size(), 0);
    uint64_t arena = 0;
    for (size_t at = 0; at < order.size(); ++at) {
      uint64_t offset = 0;
      for (bool moved = true; moved;) {
        moved = false;
        for (size_t before = 0; before < at; ++before) {
          const Lifetime &a = lives[order[at]], &b = lives[order[before]];
          uint64_t other = offsets[order[before]];
          if (a.first <= b.last && b.first <= a.last &&
              offset < other + alignedSize(b) &&
              other < offset + alignedSize(a)) {
            offset = other + alignedSize(b);
            moved = true;
          }
        }
      }
      offsets[order[at]] = offset;
      arena = std::max(arena, offset + alignedSize(lives[order[at]]));
    }
    best = std::min(best, arena);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

static std::vector<Lifetime> makeRandom(std::mt19937 &random, size_t size,
                                        uint32_t span) {
  std::vector<Lifetime> lives;
  for (size_t i = 0; i < size; ++i) {
    auto first = std::uniform_int_distribution<uint32_t>(0, span)(random);
    auto last = first + std::uniform_int_distribution<uint32_t>(0, 4)(random);
    lives.push_back({std::uniform_int_distribution<uint64_t>(0, 1000)(random),
                     first, last});
  }
  return lives;
}

TEST(MemoryPlannerTest, NothingNeedsNothing) {
  auto plan = planMemory({});
  ASSERT_TRUE(plan.isOk());
  EXPECT_EQ(plan->arenaBytes, 0u);
}

TEST(MemoryPlannerTest, AChainNeedsTwoBuffers) {
  std::vector<Lifetime> lives;
  for (uint32_t i = 0; i < 10; ++i)
    lives.push_back({640, i, i + 1});
  auto plan = planMemory(lives);
  ASSERT_TRUE(plan.isOk());
  expectValid(lives, *plan);
  EXPECT_EQ(plan->arenaBytes, 2u * 640u);
}

TEST(MemoryPlannerTest, TakesTheTightestGap) {
  // At instant 1 the arena has a gap of 512 and, further up, one of 384 bytes.
  std::vector<Lifetime> lives = {{1024, 0, 1}, {512, 0, 0}, {448, 0, 1},
                                 {384, 0, 0},  {320, 0, 1}, {256, 1, 1}};
  auto plan = planMemory(lives);
  ASSERT_TRUE(plan.isOk());
  expectValid(lives, *plan);
  EXPECT_EQ(plan->offsets[5], plan->offsets[3]);
}

TEST(MemoryPlannerTest, RandomLifetimesNeverOverlap) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<Lifetime> lives = makeRandom(random, 60, 40);
    auto plan = planMemory(lives);
    ASSERT_TRUE(plan.isOk());
    expectValid(lives, *plan);
    EXPECT_GE(plan->arenaBytes, getPeakLiveBytes(lives));
  }
}

TEST(MemoryPlannerTest, CloseToBruteForce) {
  std::mt19937 random(2);
  uint64_t total = 0, totalBest = 0;
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<Lifetime> lives = makeRandom(random, 6, 6);
    auto plan = planMemory(lives);
    ASSERT_TRUE(plan.isOk());
    uint64_t best = findBest(lives);
    EXPECT_GE(plan->arenaBytes, best);
    EXPECT_LE(static_cast<double>(plan->arenaBytes),
              1.5 * static_cast<double>(best));
    total += plan->arenaBytes;
    totalBest += best;
  }
  EXPECT_LE(static_cast<double>(total), 1.05 * static_cast<double>(totalBest));
}

TEST(MemoryPlannerTest, TooLarge) {
  auto plan = planMemory({{uint64_t(1) << 60, 0, 0}});
  ASSERT_FALSE(plan.isOk());
  EXPECT_EQ(plan.getStatus().getCode(), StatusCode::ResourceExhausted);
  EXPECT_FALSE(
      planMemory({{uint64_t(1) << 46, 0, 0}, {uint64_t(1) << 46, 0, 0}})
          .isOk());
}
