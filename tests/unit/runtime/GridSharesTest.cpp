//===- GridSharesTest.cpp - How the units of a grid are dealt to threads --===//
//
// Each unit is computed once, whoever comes; a thread starts with its own.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Threads.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <utility>
#include <vector>

using namespace lz::rt;

using Pieces = std::vector<std::pair<int64_t, int64_t>>;

/// What the thread takes that comes first, in order.
static Pieces takeAll(int64_t grid, int64_t chunk, int workers, int worker) {
  GridShares shares(grid, workers);
  Pieces pieces;
  shares.take(worker, chunk,
              [&](int64_t begin, int64_t end) { pieces.push_back({begin, end}); });
  return pieces;
}

TEST(GridSharesTest, AThreadStartsWithItsOwn) {
  EXPECT_EQ(takeAll(4, 1, 2, 0), (Pieces{{0, 1}, {1, 2}, {2, 3}, {3, 4}}));
  EXPECT_EQ(takeAll(4, 1, 2, 1), (Pieces{{2, 3}, {3, 4}, {0, 1}, {1, 2}}));
  EXPECT_EQ(takeAll(5, 1, 3, 1), (Pieces{{2, 3}, {3, 4}, {4, 5}, {0, 1}, {1, 2}}));
  EXPECT_EQ(takeAll(2, 1, 4, 3), (Pieces{{0, 1}, {1, 2}})); // its own share is empty
}

TEST(GridSharesTest, LastPiecesAreSmaller) {
  EXPECT_EQ(takeAll(18, 5, 1, 0), (Pieces{{0, 5}, {5, 10}, {10, 14}, {14, 16}, {16, 17}, {17, 18}}));
  EXPECT_EQ(takeAll(8, 8, 1, 0), (Pieces{{0, 4}, {4, 6}, {6, 7}, {7, 8}}));
}

TEST(GridSharesTest, ThreadsBeyondTheSharesHelpOthers) {
  EXPECT_EQ(takeAll(2, 1, 2, 3), (Pieces{{1, 2}, {0, 1}}));
  EXPECT_EQ(takeAll(300, 1, 200, 199).size(), 300u);
}

TEST(GridSharesTest, LargestGrid) {
  Pieces pieces = takeAll(INT64_MAX / 16, INT64_MAX / 32, 2, 1);
  EXPECT_EQ(pieces.back().second, INT64_MAX / 32 + 1);
}

TEST(GridSharesTest, EachUnitIsComputedOnce) {
  for (int64_t grid : {1, 5, 64, 1000}) {
    GridShares shares(grid, 4);
    std::vector<std::atomic<int>> taken(grid);
    std::vector<std::thread> threads;
    for (int worker = 0; worker < 4; ++worker)
      threads.emplace_back([&, worker] {
        shares.take(worker, 3, [&](int64_t begin, int64_t end) {
          for (; begin < end; ++begin)
            ++taken[begin];
        });
      });
    for (std::thread &thread : threads)
      thread.join();
    shares.join();
    for (const std::atomic<int> &times : taken)
      EXPECT_EQ(times, 1);
  }
}
