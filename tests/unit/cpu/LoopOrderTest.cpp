//===- LoopOrderTest.cpp - Which loop is the innermost one ----------------===//
//
// The one that walks memory element by element: LLVM makes vectors along it.
//
//===----------------------------------------------------------------------===//

#include "backends/cpu/codegen/CpuTarget.h"
#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace lz::cpu;

/// Sums of (x - mean of the row)^2 over rows.
static const char *kSquares = R"(
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @kernel(%x: memref<16x128xf32>, %mean: memref<16xf32>, %sum: memref<16xf32>) {
  linalg.generic {indexing_maps = [#all, #row, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x, %mean : memref<16x128xf32>, memref<16xf32>) outs(%sum : memref<16xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %d = arith.subf %a, %b : f32
      %s = arith.mulf %d, %d : f32
      %r = arith.addf %c, %s : f32
      linalg.yield %r : f32
  }
  return
})";

/// A matrix that is read in strides in any case is written element by element.
static const char *kTransposed = R"(
#rows = affine_map<(d0, d1) -> (d0, d1)>
#columns = affine_map<(d0, d1) -> (d1, d0)>
func.func @kernel(%x: memref<4x5xf32>, %y: memref<5x4xf32>) {
  linalg.generic {indexing_maps = [#rows, #columns], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x5xf32>) outs(%y : memref<5x4xf32>) {
    ^bb0(%a: f32, %b: f32):
      linalg.yield %a : f32
  }
  return
})";

/// LLVM would unroll the rows and write columns in scattered vectors.
static const char *kShortRows = R"(
func.func @kernel(%x: memref<36x24x32xf32, strided<[1600, 64, 1]>>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<36x24x32xf32, strided<[1600, 64, 1]>>)
  return
})";

/// Gives `look` the function's loops.
static void withLoops(const char *text, llvm::function_ref<void(func::FuncOp)> look) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  auto module = parseSourceString<ModuleOp>(text, &context);
  auto func = *module->getOps<func::FuncOp>().begin();
  ASSERT_TRUE(succeeded(lowerToLoops(func, lz::CpuTarget::host())));
  look(func);
}

/// The axis of the first argument along which the innermost loop reads; -1 if none.
static int innermostAxis(func::FuncOp func) {
  int axis = -1;
  func.walk([&](memref::LoadOp load) {
    if (load.getMemref() != func.getArgument(0))
      return;
    auto loop = load->getParentOfType<scf::ForOp>();
    // Indices are affine.apply of one loop's variable each.
    for (auto [i, index] : llvm::enumerate(load.getIndices()))
      if (index.getDefiningOp()->getOperand(0) == loop.getInductionVar())
        axis = static_cast<int>(i);
  });
  return axis;
}

TEST(LoopOrderTest, NumbersPerRowDoNotMakeVectorsOfRows) {
  withLoops(kSquares, [](func::FuncOp func) { EXPECT_EQ(innermostAxis(func), 1); });
}

TEST(LoopOrderTest, ResultsAreWrittenInOrder) {
  withLoops(kTransposed, [](func::FuncOp func) { EXPECT_EQ(innermostAxis(func), 0); });
}

TEST(LoopOrderTest, ShortRowsAreFilledInVectors) {
  withLoops(kShortRows, [](func::FuncOp func) {
    int vectors = 0, scalars = 0;
    func.walk([&](vector::StoreOp) { ++vectors; });
    func.walk([&](memref::StoreOp) { ++scalars; });
    EXPECT_GT(vectors, 0);
    EXPECT_EQ(scalars, 0);
  });
}
