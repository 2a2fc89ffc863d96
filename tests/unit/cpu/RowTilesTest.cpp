//===- RowTilesTest.cpp - How many rows a unit takes ----------------------===//
//
// Reductions along rows whose number the tile of a budget does not divide.
//
//===----------------------------------------------------------------------===//

#include "tests/unit/cpu/JitImage.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace lz::cpu::test;

/// Text of y = x / sum of its row.
static std::string rowShareText(int64_t rows, int64_t columns) {
  std::string vector = "tensor<" + std::to_string(rows) + "xf32>";
  std::string matrix = "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
  return R"(
#all = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
func.func @kernel(%x: )" + matrix + ", %o: " + matrix + ") -> " + matrix + R"(
    attributes {lz.num_inputs = 1 : i64, lz.num_outputs = 1 : i64, lz.num_sizes = 0 : i64} {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : )" + vector + R"(
  %f = linalg.fill ins(%zero : f32) outs(%e : )" + vector + ") -> " + vector + R"(
  %s = linalg.generic {indexing_maps = [#all, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : )" + matrix + ") outs(%f : " + vector + R"() {
    ^bb0(%a: f32, %b: f32):
      %sum = arith.addf %b, %a : f32
      linalg.yield %sum : f32
  } -> )" + vector + R"(
  %y = linalg.generic {indexing_maps = [#all, #row, #all], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : )" + matrix + ", " + vector + ") outs(%o : " + matrix + R"() {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %share = arith.divf %a, %b : f32
      linalg.yield %share : f32
  } -> )" + matrix + R"(
  return %y : )" + matrix + "\n}\n";
}

/// A rest would make the extents of a tile's loops unknown, and its rows lanes of vectors.
TEST(RowTilesTest, UnitsHaveEqualNumbersOfLongRows) {
  for (auto [n, m] : {std::pair<int64_t, int64_t>{197, 768}, {1500, 384}, {128, 768}, {7, 3000}}) {
    JitKernel kernel(rowShareText(n, m));
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    ASSERT_FALSE(kernel.plan().grid.empty());
    EXPECT_EQ(n % kernel.plan().grid[0].tile, 0) << n << " rows";
    std::vector<float> x(n * m), o(n * m);
    for (int64_t i = 0; i < n * m; ++i)
      x[i] = 1 + float(i % 7);
    ASSERT_EQ(kernel.run({x.data(), o.data()}, {}, 1), 0);
    for (int64_t i = 0; i < n; ++i) {
      double sum = std::accumulate(&x[i * m], &x[i * m] + m, 0.0);
      for (int64_t j = 0; j < m; ++j)
        ASSERT_NEAR(o[i * m + j], x[i * m + j] / sum, 1e-6);
    }
  }
}

/// y = x times the transposed w, of images of 96 rows and 256 columns.
static const char *kPixels = R"(
#x = affine_map<(h, c, o, k) -> (h, c, k)>
#w = affine_map<(h, c, o, k) -> (o, k)>
#y = affine_map<(h, c, o, k) -> (h, c, o)>
func.func @kernel(%x: tensor<96x256x32xf32>, %w: tensor<2x32xf32>, %y: tensor<96x256x2xf32>)
    -> tensor<96x256x2xf32>
    attributes {lz.num_inputs = 2 : i64, lz.num_outputs = 1 : i64, lz.num_sizes = 0 : i64} {
  %zero = arith.constant 0.0 : f32
  %f = linalg.fill ins(%zero : f32) outs(%y : tensor<96x256x2xf32>) -> tensor<96x256x2xf32>
  %s = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<96x256x32xf32>, tensor<2x32xf32>) outs(%f : tensor<96x256x2xf32>) {
    ^bb0(%a: f32, %b: f32, %c: f32):
      %p = arith.mulf %a, %b : f32
      %sum = arith.addf %c, %p : f32
      linalg.yield %sum : f32
  } -> tensor<96x256x2xf32>
  return %s : tensor<96x256x2xf32>
})";

/// Else a unit would read a short piece of each of many rows.
TEST(RowTilesTest, UnitsOfImagesHaveWholeRows) {
  JitKernel kernel(kPixels);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  ASSERT_GE(kernel.plan().grid.size(), 2u);
  EXPECT_EQ(kernel.plan().grid[1].extent, 256);
  EXPECT_EQ(kernel.plan().grid[1].tile, 256);
  std::vector<float> x(96 * 256 * 32, 0.5f), w(2 * 32, 2.0f), y(96 * 256 * 2, -1.0f);
  w[40] = 5;
  ASSERT_EQ(kernel.run({x.data(), w.data(), y.data()}, {}, 1), 0);
  for (int64_t i = 0; i < 96 * 256; ++i) {
    ASSERT_EQ(y[2 * i], 32.0f);
    ASSERT_EQ(y[2 * i + 1], 33.5f);
  }
}
