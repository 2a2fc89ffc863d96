//===- TablesTest.cpp -----------------------------------------------------===//
//
// Which segments hold tables: decided by the bytes that kernels say they move.
//
//===----------------------------------------------------------------------===//

#include "runtime/exec/Tables.h"

#include "runtime/base/Buffer.h"
#include "runtime/exec/Model.h"
#include "tests/unit/runtime/ProgramBuilder.h"

#include <gmock/gmock.h>

using namespace lz;
using namespace lz::rt;
using test::ProgramBuilder;
using testing::IsEmpty;
using testing::SizeIs;

/// The tables of a program that gathers from rows of 4 elements; `moved`: what each of
/// its instructions says it moves, -1: nothing.
static std::vector<uint32_t> findIn(int64_t numRows, const std::vector<int64_t> &moved) {
  ProgramBuilder b;
  b.useKernels();
  std::vector<float> rows(static_cast<size_t>(4 * numRows));
  uint32_t table = b.constantValue(fmt::DType_f32, {numRows, 4}, rows.data());
  uint32_t ids = b.input("ids", fmt::DType_i64, {b.constant(3)});
  uint32_t block = b.beginBlock({ids});
  std::vector<uint32_t> results;
  for (int64_t bytes : moved) {
    results.push_back(b.temporary(fmt::DType_f32, {b.constant(3), b.constant(4)}));
    b.kernel("gather_f32", {table, ids}, {results.back()}, {b.constant(4)}, b.constant(3));
    if (bytes >= 0)
      b.program.blocks[block]->instructions.back()->bytes = b.constant(bytes);
  }
  b.endBlock(results);
  b.entry("forward", block);
  auto bytes = b.build();
  EXPECT_TRUE(bytes.isOk()) << bytes.getStatus().getMessage();
  auto model = Model::loadCopy(bytes->data(), bytes->size(), {});
  EXPECT_TRUE(model.isOk()) << model.getStatus().getMessage();
  return findTables((*model)->getProgram(), (*model)->getRoots());
}

static constexpr int64_t kRowBytes = 16, kManyRows = hugePageBytes / kRowBytes;

TEST(TablesTest, ReadInPart) { EXPECT_THAT(findIn(kManyRows, {120, 240}), SizeIs(1)); }

TEST(TablesTest, ReadAsAWhole) {
  EXPECT_THAT(findIn(kManyRows, {120, kManyRows * kRowBytes}), IsEmpty());
  EXPECT_THAT(findIn(kManyRows, {-1}), IsEmpty());
}

TEST(TablesTest, SmallerThanAHugePage) { EXPECT_THAT(findIn(100, {120}), IsEmpty()); }
