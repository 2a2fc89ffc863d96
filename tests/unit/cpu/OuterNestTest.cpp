//===- OuterNestTest.cpp - the vectors of a product -----------------------===//
//
// How wide they are, what is masked, and what is asked for beforehand.
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

/// Calls `look` with the function after it was lowered for that processor.
static void lower(const std::string &text, llvm::StringRef cpu,
                  llvm::function_ref<void(func::FuncOp)> look) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  std::string error;
  auto module = parseSourceString<ModuleOp>(text, &context);
  auto func = *module->getOps<func::FuncOp>().begin();
  ASSERT_TRUE(succeeded(lowerToLoops(func, *lz::CpuTarget::parse(cpu, error))));
  look(func);
}

static Widths widthsOf(int64_t columns, llvm::StringRef cpu) {
  Widths widths;
  lower(makeProduct(columns), cpu, [&](func::FuncOp func) {
    func.walk([&](vector::StoreOp store) {
      widths.whole.insert(store.getVectorType().getNumElements());
    });
    func.walk([&](vector::MaskedStoreOp store) {
      widths.masked.insert(store.getVectorType().getNumElements());
    });
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

/// A product, then a bias and a residual.
static const char *kResidual = R"(
#row = affine_map<(i, j, k) -> (i, k)>
#column = affine_map<(i, j, k) -> (k, j)>
#sum = affine_map<(i, j, k) -> (i, j)>
#id = affine_map<(i, j) -> (i, j)>
#bias = affine_map<(i, j) -> (j)>
func.func @kernel(%x: memref<10x40xf32>, %y: memref<40x32xf32>, %b: memref<32xf32>, %old: memref<10x32xf32>, %o: memref<10x32xf32>) {
  %zero = arith.constant 0.0 : f32
  %sums = memref.alloca() : memref<10x32xf32>
  linalg.fill ins(%zero : f32) outs(%sums : memref<10x32xf32>)
  linalg.generic {indexing_maps = [#row, #column, #sum], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : memref<10x40xf32>, memref<40x32xf32>) outs(%sums : memref<10x32xf32>) {
    ^bb0(%l: f32, %r: f32, %c: f32):
      %p = arith.mulf %l, %r : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
  }
  linalg.generic {indexing_maps = [#id, #bias, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sums, %b, %old : memref<10x32xf32>, memref<32xf32>, memref<10x32xf32>) outs(%o : memref<10x32xf32>) {
    ^bb0(%l: f32, %r: f32, %c: f32, %d: f32):
      %p = arith.addf %l, %r : f32
      %s = arith.addf %c, %p : f32
      linalg.yield %s : f32
  }
  return
})";

TEST(OuterNestTest, ABlockAsksForItsRowsBeforeItsSums) {
  for (llvm::StringRef cpu : {"x86-64-v3", "x86-64-v4"}) {
    int reads = 0, writes = 0;
    lower(kResidual, cpu, [&](func::FuncOp func) {
      func.walk([&](memref::PrefetchOp prefetch) {
        EXPECT_EQ(prefetch.getMemref(), func.getArgument(prefetch.getIsWrite() ? 4 : 3));
        ++(prefetch.getIsWrite() ? writes : reads);
        Operation *after = prefetch->getNextNode();
        while (after && !isa<scf::ForOp>(after))
          after = after->getNextNode();
        EXPECT_TRUE(after) << "behind the sums";
      });
    });
    // Two blocks of five rows, a loop.
    EXPECT_EQ(reads, 5);
    EXPECT_EQ(writes, 5);
  }
}
