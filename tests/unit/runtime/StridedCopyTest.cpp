//===- StridedCopyTest.cpp ------------------------------------------------===//
//
// Copies between layouts of all element sizes.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/StridedCopy.h"

#include <gmock/gmock.h>
#include <numeric>
#include <vector>

using namespace lz::rt;

template <typename T> static void checkTranspose() {
  const int64_t dims[] = {3, 4}, srcStrides[] = {4, 1}, dstStrides[] = {1, 3};
  std::vector<T> src(12), dst(12, T(99));
  std::iota(src.begin(), src.end(), T(0));
  copyStrided(src.data(), srcStrides, dst.data(), dstStrides, dims, 2,
              sizeof(T));
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 4; ++j)
      EXPECT_EQ(dst[j * 3 + i], src[i * 4 + j]);
}

TEST(StridedCopyTest, AllElementSizes) {
  checkTranspose<uint8_t>();
  checkTranspose<uint16_t>();
  checkTranspose<uint32_t>();
  checkTranspose<uint64_t>();
}

TEST(StridedCopyTest, NegativeAndZeroStrides) {
  const int64_t dims[] = {2, 3}, flipped[] = {0, -1}, dense[] = {3, 1};
  const std::vector<int32_t> src = {1, 2, 3};
  std::vector<int32_t> dst(6);
  copyStrided(src.data() + 2, flipped, dst.data(), dense, dims, 2, 4);
  EXPECT_THAT(dst, testing::ElementsAre(3, 2, 1, 3, 2, 1));
}

TEST(StridedCopyTest, ScalarsAndNothing) {
  int16_t src = 7, dst = 0;
  copyStrided(&src, nullptr, &dst, nullptr, nullptr, 0, 2);
  EXPECT_EQ(dst, 7);
  const int64_t dims[] = {2, 0}, strides[] = {1, 1};
  copyStrided(nullptr, strides, nullptr, strides, dims, 2, 2);
}

TEST(StridedCopyTest, Dense) {
  const int64_t dims[] = {2, 1, 3}, dense[] = {3, 77, 1}, gaps[] = {4, 4, 1};
  EXPECT_TRUE(isDense(dims, dense, 3));
  EXPECT_FALSE(isDense(dims, gaps, 3));
  const int64_t empty[] = {0, 5};
  EXPECT_TRUE(isDense(empty, gaps, 2));
}
