//===- CostTest.cpp - What operations compute and move --------------------===//
//
// One operation per family, with its count by hand.
//
//===----------------------------------------------------------------------===//

#include "backends/emit/Cost.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace lz;
using namespace mlir;

namespace {

struct CostTest : ::testing::Test {
  CostTest() { context.loadDialect<LzDialect>(); }

  /// The flops of the operation `text`, whose operands are of these types.
  std::string flops(std::vector<std::string> operands, std::string text, std::string result) {
    std::string types, args;
    for (size_t i = 0; i < operands.size(); ++i) {
      types += (i ? ", " : "") + operands[i];
      args += (i ? ", " : "") + ("%" + std::to_string(i)) + ": " + operands[i];
    }
    std::string source = "lz.symbol \"n\" dynamic {min = 1, max = 64}\nlz.func @f(" + args +
                         ") -> " + result + " {\n%y = lz." + text + " : (" + types + ") -> " +
                         result + "\nlz.return %y : " + result + "\n}";
    module = parseSourceString<ModuleOp>(source, &context);
    if (!module)
      return "no module: " + source;
    FuncOp func = *module->getOps<FuncOp>().begin();
    return getFlops(&func.getBody().front().front()).str();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace

static std::string f32(const std::string &dims) { return "!lz.tensor<" + dims + " x f32>"; }

TEST_F(CostTest, DenseOperations) {
  EXPECT_EQ(flops({f32("\"n\" x 5"), f32("5 x 7")}, "matmul %0, %1", f32("\"n\" x 7")), "70*n");
  EXPECT_EQ(flops({f32("\"n\" x 5"), f32("7 x 5"), f32("7")}, "linear %0, %1, %2",
                  f32("\"n\" x 7")),
            "77*n");
  const char *window = " {strides = [1, 1], dilations = [1, 1], pads_begin = [0, 0], pads_end = "
                       "[0, 0], groups = 2}";
  // 6 x 6 results of 4 channels, each of 2 x 3 x 3 products.
  EXPECT_EQ(flops({f32("\"n\" x 4 x 8 x 8"), f32("4 x 2 x 3 x 3")},
                  std::string("conv %0, %1") + window, f32("\"n\" x 4 x 6 x 6")),
            std::to_string(2 * 4 * 36 * 18) + "*n");
}

TEST_F(CostTest, PerElement) {
  EXPECT_EQ(flops({f32("\"n\" x 5")}, "relu %0", f32("\"n\" x 5")), "5*n");
  EXPECT_EQ(flops({f32("\"n\" x 5"), f32("5")}, "add %0, %1", f32("\"n\" x 5")), "5*n");
  EXPECT_EQ(flops({f32("\"n\" x 5")}, "softmax %0 {axis = 1}", f32("\"n\" x 5")), "25*n");
  EXPECT_EQ(flops({f32("\"n\" x 5")}, "cumulative sum %0 {axis = 0}", f32("\"n\" x 5")), "5*n");
}

TEST_F(CostTest, MovingIsFree) {
  EXPECT_EQ(flops({f32("\"n\" x 5")}, "transpose %0 {perm = array<i64: 1, 0>}", f32("5 x \"n\"")),
            "0");
}

TEST_F(CostTest, Bytes) {
  DimExpr n = DimExpr::symbol("n");
  auto bytes = [&](Type element) {
    return getBytes(lz::TensorType::get(&context, {n, 3}, element)).str();
  };
  EXPECT_EQ(bytes(Float32Type::get(&context)), "12*n");
  EXPECT_EQ(bytes(IntegerType::get(&context, 1)), "3*n");
  EXPECT_EQ(bytes(Float16Type::get(&context)), "6*n");
}
