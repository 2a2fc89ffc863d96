//===- PackingTest.cpp ----------------------------------------------------===//
//
// Blocked layouts: known positions, round trips for all element sizes, bad
// tags.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Packing.h"

#include <gmock/gmock.h>
#include <numeric>
#include <random>

using namespace lz::rt;

static Packing parse(const std::string &tag, std::vector<int64_t> dims) {
  auto packing = Packing::parse(tag, std::move(dims));
  EXPECT_TRUE(packing.isOk()) << packing.getStatus().getMessage();
  return *packing;
}

TEST(PackingTest, PlainAndTransposed) {
  const std::vector<int32_t> src = {0, 1, 2, 3, 4, 5};
  std::vector<int32_t> dst(6);
  parse("ab", {2, 3}).pack(src.data(), dst.data(), 4);
  EXPECT_EQ(dst, src);
  parse("ba", {2, 3}).pack(src.data(), dst.data(), 4);
  EXPECT_THAT(dst, testing::ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(PackingTest, MatmulBlocksArePaddedWithZeros) {
  // [k = 3, n = 3] in blocks of 2 rows and 2 columns, column blocks outermost.
  const std::vector<uint8_t> src = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  Packing packing = parse("BA2a2b", {3, 3});
  EXPECT_THAT(packing.getPaddedDims(), testing::ElementsAre(4, 4));
  std::vector<uint8_t> dst(16, 99);
  packing.pack(src.data(), dst.data(), 1);
  EXPECT_THAT(dst, testing::ElementsAre(1, 2, 4, 5, 7, 8, 0, 0, 3, 0, 6, 0, 9,
                                        0, 0, 0));
}

TEST(PackingTest, TwoLevelsOfOneDimension) {
  // As bf16 matmuls want it: pairs of rows innermost.
  std::vector<uint16_t> src(8 * 2);
  std::iota(src.begin(), src.end(), uint16_t(0));
  std::vector<uint16_t> dst(16);
  parse("BA4a2b2a", {8, 2}).pack(src.data(), dst.data(), 2);
  EXPECT_THAT(dst, testing::ElementsAre(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11,
                                        12, 14, 13, 15));
}

TEST(PackingTest, OffsetsAgreeWithPack) {
  std::vector<uint32_t> src(5 * 3 * 2 * 2);
  std::iota(src.begin(), src.end(), 1u);
  Packing packing = parse("ABcd4b4a", {5, 3, 2, 2});
  std::vector<uint32_t> dst(
      static_cast<size_t>(packing.getNumPaddedElements()));
  packing.pack(src.data(), dst.data(), 4);
  int64_t index[4];
  size_t at = 0;
  for (index[0] = 0; index[0] < 5; ++index[0])
    for (index[1] = 0; index[1] < 3; ++index[1])
      for (index[2] = 0; index[2] < 2; ++index[2])
        for (index[3] = 0; index[3] < 2; ++index[3], ++at)
          ASSERT_EQ(dst[static_cast<size_t>(packing.getOffset(index))],
                    src[at]);
}

TEST(PackingTest, RoundTripsOfRandomTags) {
  std::mt19937 random(7);
  auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int trial = 0; trial < 500; ++trial) {
    int rank = pick(0, 5);
    std::string letters =
                    std::string("abcde").substr(0, static_cast<size_t>(rank)),
                blocks;
    std::shuffle(letters.begin(), letters.end(), random);
    std::vector<int64_t> dims;
    for (int i = 0; i < rank; ++i)
      dims.push_back(pick(0, 20) == 0 ? 0 : pick(1, 9));
    for (int i = pick(0, rank > 0 ? 3 : 0); i > 0; --i) {
      char &letter = letters[static_cast<size_t>(pick(0, rank - 1))];
      blocks +=
          std::to_string(pick(1, 5)) + static_cast<char>(std::tolower(letter));
      letter = static_cast<char>(std::toupper(letter));
    }
    Packing packing = parse(letters + blocks, dims);
    int elementBytes = 1 << pick(0, 3);
    std::vector<uint8_t> src(
        static_cast<size_t>(packing.getNumElements() * elementBytes));
    std::generate(src.begin(), src.end(),
                  [&] { return static_cast<uint8_t>(pick(1, 255)); });
    std::vector<uint8_t> packed(
        static_cast<size_t>(packing.getNumPaddedElements() * elementBytes),
        0xee);
    std::vector<uint8_t> back(src.size(), 0);
    packing.pack(src.data(), packed.data(), elementBytes);
    packing.unpack(packed.data(), back.data(), elementBytes);
    ASSERT_EQ(back, src) << letters + blocks;
  }
}

TEST(PackingTest, BadTags) {
  auto why = [](const std::string &tag, std::vector<int64_t> dims) {
    return Packing::parse(tag, std::move(dims)).getStatus().getMessage();
  };
  EXPECT_THAT(why("a", {2, 3}),
              testing::HasSubstr("does not name 2 dimensions once each"));
  EXPECT_THAT(why("aa", {2, 3}),
              testing::HasSubstr("does not name 2 dimensions once each"));
  EXPECT_THAT(why("ac", {2, 3}),
              testing::HasSubstr("does not name 2 dimensions once each"));
  EXPECT_THAT(why("aB", {2, 3}),
              testing::HasSubstr("in upper case without a block"));
  EXPECT_THAT(why("ab4b", {2, 3}), testing::HasSubstr("not in upper case"));
  EXPECT_THAT(why("aB4", {2, 3}),
              testing::HasSubstr("not a size and a lower-case letter"));
  EXPECT_THAT(why("aB0b", {2, 3}),
              testing::HasSubstr("not a size and a lower-case letter"));
  EXPECT_THAT(why("aB9999999999999999999b", {2, 3}),
              testing::HasSubstr("more than 4096"));
  EXPECT_THAT(why("ab", {-2, 3}), testing::HasSubstr("negative or too large"));
  EXPECT_THAT(why("ab", {INT64_MAX / 2, 3}),
              testing::HasSubstr("more elements"));
  EXPECT_THAT(why("aB4096b4096b4096b", {2, 3}),
              testing::HasSubstr("blocks that are too large"));
}
