//===- CodegenTest.cpp - kernels from tensors to numbers ------------------===//

#include "tests/unit/cpu/JitImage.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace lz::cpu::test;

namespace {

std::vector<float> randomFloats(size_t count, unsigned seed = 1) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  for (float &value : values)
    value = distribution(generator);
  return values;
}

constexpr char kAdd[] = R"(
func.func @add(%a: tensor<?x7xf32> {lz.dims = array<i64: 0, -1>},
               %b: tensor<7xf32>,
               %o: tensor<?x7xf32> {lz.dims = array<i64: 0, -1>}, %n: index)
    -> tensor<?x7xf32> attributes {lz.num_inputs = 2, lz.num_outputs = 1, lz.num_sizes = 1} {
  %r = linalg.generic {
      indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>,
                       affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<?x7xf32>, tensor<7xf32>) outs(%o : tensor<?x7xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %s = arith.addf %x, %y : f32
    linalg.yield %s : f32
  } -> tensor<?x7xf32>
  return %r : tensor<?x7xf32>
}
)";

TEST(CodegenTest, AddsWithBroadcastAndDynamicRows) {
  JitKernel kernel(kAdd);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  for (int64_t n : {1, 5, 1000, 5000}) {
    auto a = randomFloats(n * 7), b = randomFloats(7, 2);
    for (int64_t split : {0, 1}) {
      std::vector<float> o(n * 7);
      ASSERT_EQ(kernel.run({a.data(), b.data(), o.data()}, {n}, split), 0);
      for (int64_t i = 0; i < n * 7; ++i)
        ASSERT_EQ(o[i], a[i] + b[i % 7]) << i;
    }
  }
}

} // namespace
