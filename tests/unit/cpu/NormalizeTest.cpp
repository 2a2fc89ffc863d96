//===- NormalizeTest.cpp - what kernels' arithmetic may do ----------------===//

#include "backends/cpu/codegen/Stages.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace lz::cpu;

static const char *kLargest = R"(
#all = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @kernel(%x: tensor<8x16xf32>, %o: tensor<8xf32>) -> tensor<8xf32>
    attributes {lz.num_inputs = 1 : i64, lz.num_outputs = 1 : i64, lz.num_sizes = 0 : i64} {
  %low = arith.constant 0xFF800000 : f32
  %f = linalg.fill ins(%low : f32) outs(%o : tensor<8xf32>) -> tensor<8xf32>
  %r = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<8x16xf32>) outs(%f : tensor<8xf32>) {
    ^bb0(%a: f32, %b: f32):
      %m = arith.maximumf %a, %b : f32
      linalg.yield %m : f32
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
})";

/// Ordering zeros triples the instructions of a maximum; NaNs are kept without.
TEST(NormalizeTest, MaximumsDoNotOrderZeros) {
  DialectRegistry registry;
  registerCodegenDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  loadCodegenDialects(context);
  auto module = parseSourceString<ModuleOp>(kLargest, &context);
  FailureOr<KernelFunc> kernel = KernelFunc::get(*module);
  ASSERT_TRUE(succeeded(kernel));
  ASSERT_TRUE(succeeded(normalizeKernel(*kernel)));
  int numMaximums = 0;
  module->walk([&](arith::MaximumFOp op) {
    ++numMaximums;
    EXPECT_TRUE(bitEnumContainsAll(op.getFastmath(), arith::FastMathFlags::nsz));
    EXPECT_FALSE(bitEnumContainsAny(op.getFastmath(), arith::FastMathFlags::nnan));
  });
  EXPECT_EQ(numMaximums, 1);
}
