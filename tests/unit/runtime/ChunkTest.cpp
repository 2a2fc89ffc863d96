//===- ChunkTest.cpp - How grids are cut into pieces ----------------------===//
//
// Pieces cover the grid, respect the grain, and leave no thread with much more than its
// share.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/PlanBuilder.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace lz::rt;

/// What the thread with the most pieces computes.
static int64_t mostUnits(int64_t grid, int64_t chunk, int64_t threads) {
  int64_t pieces = (grid - 1) / chunk + 1;
  return std::min(grid, ((pieces - 1) / threads + 1) * chunk);
}

TEST(ChunkTest, ThreadsGetEqualShares) {
  EXPECT_EQ(chooseChunk(36, 1, 2), 6); // 8 pieces of 5 would be 20 and 16 units
  EXPECT_EQ(chooseChunk(16, 1, 2), 2); // as many pieces as may be where that is as good
  EXPECT_EQ(mostUnits(36, chooseChunk(36, 1, 2), 2), 18);
  EXPECT_EQ(mostUnits(20, chooseChunk(20, 1, 2), 2), 10);
}

TEST(ChunkTest, NoCutIsWorseThanTheFinest) {
  for (int64_t threads = 2; threads <= 16; ++threads)
    for (int64_t grid = 2; grid < 400; ++grid) {
      int64_t finest = (grid - 1) / std::min(grid, 4 * threads) + 1;
      int64_t chunk = chooseChunk(grid, 1, threads);
      ASSERT_GE(chunk, 1);
      ASSERT_LE((grid - 1) / chunk + 1, 4 * threads);
      ASSERT_LE(mostUnits(grid, chunk, threads), mostUnits(grid, finest, threads))
          << grid << " units, " << threads << " threads";
    }
}

TEST(ChunkTest, PiecesHaveTheGrain) {
  for (int64_t grain : {3, 7, 50})
    for (int64_t grid = grain + 1; grid < 300; ++grid)
      ASSERT_LE((grid - 1) / chooseChunk(grid, grain, 4) + 1, (grid - 1) / grain + 1);
}

TEST(ChunkTest, LargestGrid) {
  int64_t chunk = chooseChunk(INT64_MAX / 16, 1, 4096);
  EXPECT_LE(mostUnits(INT64_MAX / 16, chunk, 4096), INT64_MAX / 16);
}
