//===- ChunkTest.cpp - How grids are cut into pieces ----------------------===//
//
// A share is at most four pieces, and pieces respect the grain.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/PlanBuilder.h"

#include <gtest/gtest.h>

using namespace lz::rt;

TEST(ChunkTest, AShareIsFourPieces) {
  EXPECT_EQ(chooseChunk(36, 1, 2), 5); // 18 units are 5, 5, 5 and 3
  EXPECT_EQ(chooseChunk(16, 1, 2), 2);
  EXPECT_EQ(chooseChunk(2, 1, 2), 1);
  EXPECT_EQ(chooseChunk(3, 1, 4), 1);
}

TEST(ChunkTest, NoShareIsMorePieces) {
  for (int64_t threads = 2; threads <= 16; ++threads)
    for (int64_t grid = 2; grid < 400; ++grid) {
      int64_t chunk = chooseChunk(grid, 1, threads), share = (grid - 1) / threads + 1;
      ASSERT_GE(chunk, 1);
      ASSERT_LE((share - 1) / chunk + 1, 4) << grid << " units, " << threads << " threads";
    }
}

TEST(ChunkTest, PiecesHaveTheGrain) {
  for (int64_t grain : {3, 7, 50})
    for (int64_t grid = grain + 1; grid < 300; ++grid)
      ASSERT_GE(chooseChunk(grid, grain, 4), grain);
}

TEST(ChunkTest, LargestGrid) {
  int64_t grid = INT64_MAX / 16;
  EXPECT_LE(chooseChunk(grid, 1, 4096), grid / 4096);
  EXPECT_EQ(chooseChunk(grid, grid - 1, 2), grid - 1);
}
