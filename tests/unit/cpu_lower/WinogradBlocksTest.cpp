//===- WinogradBlocksTest.cpp ---------------------------------------------===//
//
// Blocks are nearly the fastest by the estimates, and their scratch is bounded.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/lower/WinogradBlocks.h"

#include <gtest/gtest.h>

using namespace lz::cpu::winograd;

static constexpr int64_t kLanes = 16;

static constexpr Extents kExtents[] = {
    {1, 256, 256, 64, 2}, {1, 128, 128, 128, 4}, {1, 64, 64, 256, 8}, {1, 56, 56, 64, 4},
    {1, 28, 28, 512, 32}, {1, 224, 224, 64, 4},  {8, 14, 14, 256, 16}, {1, 0, 0, 64, 4}};

TEST(WinogradBlocksTest, NearlyFastest) {
  for (const Extents &extents : kExtents) {
    double chosen = estimateCycles(chooseBlocks(extents, kLanes), extents, kLanes);
    double least = estimateLeastCycles(extents, kLanes);
    EXPECT_GE(chosen, least);
    EXPECT_LE(chosen, 1.5 * least) << extents.channels << " channels";
  }
}

TEST(WinogradBlocksTest, PatchesStayInTheCache) {
  for (const Extents &extents : kExtents) {
    Blocks blocks = chooseBlocks(extents, kLanes);
    int64_t bytes = 36 * blocks.tiles() * extents.channels * 4;
    EXPECT_TRUE(bytes <= 768 << 10 || blocks.tiles() <= 16)
        << blocks.tiles() << " tiles of " << extents.channels << " channels";
  }
}
