//===- OuterNestTest.cpp - the vectors of a product -----------------------===//
//
// How wide they are, and what is masked.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/CpuTarget.h"
#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace lz::cpu;

/// Ten rows of 40 terms times a matrix of so many columns.
static std::string makeProduct(int64_t columns) {
  std::string n = std::to_string(columns);
  std::string x = "memref<10x40xf32>", y = "memref<40x" + n + "xf32>", o = "memref<10x" + n + "xf32>";
  return R"(
func.func @kernel(%x: )" + x + ", %y: " + y + ", %o: " + o + R"() {
  linalg.generic {
      indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>,
                       affine_map<(i, j, k) -> (i, j)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : )" + x + ", " + y + ") outs(%o : " + o + R"() {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
  }
  return
})";
}

/// The widths of vectors that the product's nest stores whole, and of those it stores masked.
struct Widths {
  std::set<int64_t> whole, masked;
  bool operator==(const Widths &other) const {
    return whole == other.whole && masked == other.masked;
  }
};

static Widths widthsOf(int64_t columns, llvm::StringRef cpu) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  std::string error;
  auto module = parseSourceString<ModuleOp>(makeProduct(columns), &context);
  auto func = *module->getOps<func::FuncOp>().begin();
  Widths widths;
  if (failed(lowerToLoops(func, *lz::CpuTarget::parse(cpu, error))))
    return widths;
  func.walk([&](vector::StoreOp store) {
    widths.whole.insert(store.getVectorType().getNumElements());
  });
  func.walk([&](vector::MaskedStoreOp store) {
    widths.masked.insert(store.getVectorType().getNumElements());
  });
  return widths;
}

TEST(OuterNestTest, TheLastVectorIsAsWideAsItsColumnsAsk) {
  EXPECT_EQ(widthsOf(32, "x86-64-v4"), (Widths{{16}, {}}));
  EXPECT_EQ(widthsOf(24, "x86-64-v4"), (Widths{{16, 8}, {}}));
  EXPECT_EQ(widthsOf(68, "x86-64-v4"), (Widths{{16, 4}, {}}));
  EXPECT_EQ(widthsOf(21, "x86-64-v4"), (Widths{{16}, {8}}));
  EXPECT_EQ(widthsOf(17, "x86-64-v4"), (Widths{{16}, {4}}));
  EXPECT_EQ(widthsOf(25, "x86-64-v4"), (Widths{{16}, {16}}));
  EXPECT_EQ(widthsOf(12, "x86-64-v3"), (Widths{{8, 4}, {}}));
  EXPECT_EQ(widthsOf(13, "x86-64-v3"), (Widths{{8}, {8}}));
}
