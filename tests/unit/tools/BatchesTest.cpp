//===- BatchesTest.cpp - How a long input is cut ----------------------------===//
//
// Sizes of runs for fixed, free and bounded leading dimensions.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Batches.h"

#include "tests/unit/tools/Expect.h"

using namespace lz;
using namespace lz::cli;

static Port makePort(std::string name, int64_t rows, const std::string &text) {
  return {std::move(name), fmt::DType_f32, {rows, 2}, {text, "2"}};
}

static const std::vector<Port> freePorts = {makePort("x", -1, "batch"), makePort("y", -1, "batch"),
                                            makePort("table", 5, "5")};
static const std::vector<Array> arrays = {Array(fmt::DType_f32, {100, 2}),
                                          Array(fmt::DType_f32, {100, 2}),
                                          Array(fmt::DType_f32, {5, 2})};

TEST(BatchesTest, FreeDimension) {
  BatchPlan plan = planBatches({"x"}, freePorts, arrays, INT64_MAX);
  EXPECT_EQ(plan.size, 64);
  EXPECT_EQ(plan.isCut, (std::vector<bool>{true, true, false}));
  EXPECT_EQ(planBatches({"x"}, freePorts, arrays, 16).size, 16);
  EXPECT_EQ(planBatches({"x", 10}, freePorts, arrays, 16).size, 10);
  EXPECT_NE(messageOf([] { (void)planBatches({"x", 17}, freePorts, arrays, 16); }), "");
}

TEST(BatchesTest, FixedDimension) {
  std::vector<Port> ports = {makePort("x", 8, "8")};
  BatchPlan plan = planBatches({"x"}, ports, {arrays[0]}, INT64_MAX);
  EXPECT_EQ(plan.size, 8);
  EXPECT_TRUE(plan.isFixed);
  EXPECT_EQ(messageOf([&] { (void)planBatches({"x", 9}, ports, {arrays[0]}, INT64_MAX); }),
            "the model takes 8 rows of 'x' at once, not 9");
}

TEST(BatchesTest, RowsMustAgree) {
  std::vector<Array> different = arrays;
  different[1] = Array(fmt::DType_f32, {99, 2});
  EXPECT_EQ(messageOf([&] { (void)planBatches({"x"}, freePorts, different, INT64_MAX); }),
            "input 'y' has 99 rows, expected 100 as 'x' has");
  EXPECT_EQ(messageOf([&] { (void)planBatches({"z"}, freePorts, arrays, INT64_MAX); }),
            "the model has no input 'z' to run over, expected one of: x: f32[batch, 2], "
            "y: f32[batch, 2], table: f32[5, 2]");
}
