//===- EpilogTest.cpp - products and what follows them --------------------===//

#include "tests/unit/cpu/JitImage.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace lz::cpu::test;

namespace {

// What follows a product is done in registers, unless somebody else reads the product: columns
// that fill no vector, a value per column, per row and per element, and a function at the end.
std::string makeProductWithEpilog(bool returnsProduct, const std::string &function) {
  std::string type = "tensor<5x?x37xf32>", more = returnsProduct ? ", " + type : "";
  return R"(
#a = affine_map<(b,i,j,k) -> (b,i,k)>
#b = affine_map<(b,i,j,k) -> (k,j)>
#c = affine_map<(b,i,j,k) -> (b,i,j)>
#id = affine_map<(b,i,j) -> (b,i,j)>
#column = affine_map<(b,i,j) -> (j)>
#row = affine_map<(b,i,j) -> (b)>
func.func @f(%x: tensor<5x?x6xf32> {lz.dims = array<i64: -1, 0, -1>}, %y: tensor<6x37xf32>, %bias: tensor<37xf32>, %scale: tensor<5xf32>, %old: tensor<5x?x37xf32> {lz.dims = array<i64: -1, 0, -1>}, %o: tensor<5x?x37xf32> {lz.dims = array<i64: -1, 0, -1>})" +
         std::string(returnsProduct
                         ? ", %p0: tensor<5x?x37xf32> {lz.dims = array<i64: -1, 0, -1>}"
                         : "") +
         ", %n: index) -> (" + type + more + ") attributes {lz.num_inputs = 5, lz.num_outputs = " +
         (returnsProduct ? "2" : "1") + R"(, lz.num_sizes = 1} {
%z = arith.constant 0.0 : f32
%e = tensor.empty(%n) : tensor<5x?x37xf32>
%f0 = linalg.fill ins(%z : f32) outs()" +
         (returnsProduct ? "%p0" : "%e") + R"( : tensor<5x?x37xf32>) -> tensor<5x?x37xf32>
%p = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %y : tensor<5x?x6xf32>, tensor<6x37xf32>) outs(%f0 : tensor<5x?x37xf32>) {
^bb0(%l: f32, %r: f32, %acc: f32):
%m = arith.mulf %l, %r : f32
%s = arith.addf %acc, %m : f32
linalg.yield %s : f32
} -> tensor<5x?x37xf32>
%q = linalg.generic {indexing_maps = [#id, #column, #row, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %bias, %scale, %old : tensor<5x?x37xf32>, tensor<37xf32>, tensor<5xf32>, tensor<5x?x37xf32>) outs(%o : tensor<5x?x37xf32>) {
^bb0(%v: f32, %b: f32, %s: f32, %r: f32, %u: f32):
%1 = arith.addf %v, %b : f32
%2 = arith.maximumf %1, %z : f32
%3 = arith.mulf %2, %s : f32
%4 = arith.addf %3, %r : f32
%5 = )" + function + R"( %4 : f32
linalg.yield %5 : f32
} -> tensor<5x?x37xf32>
return %q)" +
         (returnsProduct ? ", %p" : "") + " : " + type + more + "\n}\n";
}

void checkEpilog(const std::string &function, double (*reference)(double)) {
  constexpr int rows = 5, terms = 6, columns = 37;
  for (const lz::CpuTarget &target : targets())
    for (bool returnsProduct : {false, true}) {
      JitKernel kernel(makeProductWithEpilog(returnsProduct, function), target);
      ASSERT_TRUE(kernel.valid()) << kernel.error();
      for (int64_t n : {1, 3, 8, 29}) {
        auto x = randomFloats(rows * n * terms), y = randomFloats(terms * columns, 2),
             bias = randomFloats(columns, 3), scale = randomFloats(rows, 4),
             old = randomFloats(rows * n * columns, 5);
        std::vector<float> o(rows * n * columns, -7), p(o);
        std::vector<void *> buffers = {x.data(), y.data(), bias.data(), scale.data(),
                                       old.data(), o.data()};
        if (returnsProduct)
          buffers.push_back(p.data());
        ASSERT_EQ(kernel.run(buffers, {n}, 1), 0);
        for (int64_t at = 0; at < int64_t(o.size()); ++at) {
          int64_t row = at / columns, column = at % columns;
          double sum = 0;
          for (int k = 0; k < terms; ++k)
            sum += double(x[row * terms + k]) * y[k * columns + column];
          double wanted =
              reference(std::max(0.0, sum + bias[column]) * scale[row / n] + old[at]);
          ASSERT_NEAR(o[at], wanted, 1e-5 * std::max(1.0, wanted)) << n << " " << at;
          if (returnsProduct) {
            ASSERT_NEAR(p[at], sum, 1e-5) << n << " " << at;
          }
        }
      }
    }
}

TEST(CodegenTest, WhatFollowsAProductIsTheSameInRegisters) {
  checkEpilog("math.absf", [](double x) { return std::abs(x); });
  // Arithmetic with constants.
  checkEpilog("math.tanh", [](double x) { return std::tanh(x); });
  // Too much of it for a copy per vector of results.
  checkEpilog("math.cosh", [](double x) { return std::cosh(x); });
}

// A maximum takes one instruction, which returns its second operand where one of them is NaN.
TEST(CodegenTest, MaximumsKeepNaNsWhereZerosHaveNoOrder) {
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(makeProductWithEpilog(false, "math.absf"), target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    std::vector<float> x(30), y(6 * 37, 1), bias(37), scale(5, 1), old(5 * 37), o(old);
    x[0] = NAN;
    x[6] = -0.0f;
    ASSERT_EQ(kernel.run({x.data(), y.data(), bias.data(), scale.data(), old.data(), o.data()},
                         {1}, 1),
              0);
    for (int at = 0; at < 5 * 37; ++at)
      EXPECT_TRUE(at < 37 ? std::isnan(o[at]) : o[at] == 0) << at;
  }
}

// What a hand-written loop computes for the op behind it lives as long as one of its points does:
// no memory holds all of it.
TEST(CodegenTest, ParallelLoopBeforeAnEpilogNeedsScratchOfAPointOnly) {
  constexpr char text[] = R"(
#id = affine_map<(i, j) -> (i, j)>
func.func @f(%x: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>}, %o: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>}, %n: index) -> tensor<?x8xf32> attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 1} {
%zero = arith.constant 0.0 : f32
%e = tensor.empty(%n) : tensor<?x8xf32>
%sums = scf.forall (%i) in (%n) shared_outs(%out = %e) -> (tensor<?x8xf32>) {
  %row = tensor.extract_slice %x[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
  %into = tensor.extract_slice %out[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
  %fill = linalg.fill ins(%zero : f32) outs(%into : tensor<1x8xf32>) -> tensor<1x8xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(%row : tensor<1x8xf32>) outs(%fill : tensor<1x8xf32>) {
  ^bb0(%v: f32, %acc: f32):
    %s = arith.addf %acc, %v : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  scf.forall.in_parallel {
    tensor.parallel_insert_slice %sum into %out[%i, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<?x8xf32>
  }
}
%r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%sums, %x : tensor<?x8xf32>, tensor<?x8xf32>) outs(%o : tensor<?x8xf32>) {
^bb0(%sum: f32, %v: f32, %u: f32):
  %d = arith.subf %v, %sum : f32
  linalg.yield %d : f32
} -> tensor<?x8xf32>
return %r : tensor<?x8xf32>
}
)";
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(text, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    EXPECT_EQ(kernel.units({9}), 9);
    EXPECT_TRUE(kernel.plan().dynamicScratch.empty());
    EXPECT_LE(kernel.plan().scratchBytes, 64);
    auto x = randomFloats(9 * 8);
    std::vector<float> o(9 * 8);
    ASSERT_EQ(kernel.run({x.data(), o.data()}, {9}, 2), 0);
    for (int i = 0; i < 9; ++i) {
      float sum = 0;
      for (int j = 0; j < 8; ++j)
        sum += x[i * 8 + j];
      for (int j = 0; j < 8; ++j)
        ASSERT_NEAR(o[i * 8 + j], x[i * 8 + j] - sum, 1e-5) << i << " " << j;
    }
  }
}

/// A loop that doubles rows of 8, whole or by halves, and behind it a product of them and a bias.
std::string makeProductOfLoop(bool isWhole) {
  std::string part = isWhole ? "[%i, 0] [1, 8] [1, 1] : " : "[%i, %at] [1, 4] [1, 1] : ";
  std::string type = isWhole ? "tensor<1x8xf32>" : "tensor<1x4xf32>";
  return R"(
#id = affine_map<(i, j) -> (i, j)>
func.func @f(%x: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>}, %w: tensor<8x5xf32>, %v: tensor<5xf32>, %o: tensor<?x5xf32> {lz.dims = array<i64: 0, -1>}, %n: index) -> tensor<?x5xf32> attributes {lz.num_inputs = 3, lz.num_outputs = 1, lz.num_sizes = 1} {
%zero = arith.constant 0.0 : f32
%four = arith.constant 4 : index
%e = tensor.empty(%n) : tensor<?x8xf32>
%rows = scf.forall (%i, %p) in (%n, )" +
         std::string(isWhole ? "1" : "2") + R"() shared_outs(%out = %e) -> (tensor<?x8xf32>) {
  %at = arith.muli %p, %four : index
  %from = tensor.extract_slice %x)" + part + "tensor<?x8xf32> to " + type + R"(
  %into = tensor.extract_slice %out)" + part + "tensor<?x8xf32> to " + type + R"(
  %twice = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%from : )" +
         type + ") outs(%into : " + type + R"() {
  ^bb0(%a: f32, %b: f32):
    %s = arith.addf %a, %a : f32
    linalg.yield %s : f32
  } -> )" + type + R"(
  scf.forall.in_parallel {
    tensor.parallel_insert_slice %twice into %out)" + part + type + R"( into tensor<?x8xf32>
  }
}
%d = tensor.empty(%n) : tensor<?x5xf32>
%z = linalg.fill ins(%zero : f32) outs(%d : tensor<?x5xf32>) -> tensor<?x5xf32>
%m = linalg.matmul ins(%rows, %w : tensor<?x8xf32>, tensor<8x5xf32>) outs(%z : tensor<?x5xf32>) -> tensor<?x5xf32>
%r = linalg.generic {indexing_maps = [#id, affine_map<(i, j) -> (j)>, #id], iterator_types = ["parallel", "parallel"]} ins(%m, %v : tensor<?x5xf32>, tensor<5xf32>) outs(%o : tensor<?x5xf32>) {
^bb0(%a: f32, %b: f32, %c: f32):
  %s = arith.addf %a, %b : f32
  linalg.yield %s : f32
} -> tensor<?x5xf32>
return %r : tensor<?x5xf32>
}
)";
}

// Rows that a hand-written loop computes are multiplied in the loop, if each of its points has
// whole ones; else the product waits for all of them, and one call does both.
TEST(CodegenTest, MultipliesRowsOfAParallelLoopInIt) {
  for (const lz::CpuTarget &target : targets()) {
    for (bool isWhole : {true, false}) {
      JitKernel kernel(makeProductOfLoop(isWhole), target);
      ASSERT_TRUE(kernel.valid()) << kernel.error();
      EXPECT_EQ(kernel.units({9}), isWhole ? 9 : 1);
      EXPECT_EQ(kernel.plan().dynamicScratch.empty(), isWhole);
      auto x = randomFloats(9 * 8), w = randomFloats(8 * 5), v = randomFloats(5);
      std::vector<float> o(9 * 5);
      ASSERT_EQ(kernel.run({x.data(), w.data(), v.data(), o.data()}, {9}, isWhole ? 2 : 1), 0);
      for (int i = 0; i < 9; ++i)
        for (int j = 0; j < 5; ++j) {
          float sum = v[j];
          for (int k = 0; k < 8; ++k)
            sum += 2 * x[i * 8 + k] * w[k * 5 + j];
          ASSERT_NEAR(o[i * 5 + j], sum, 1e-5) << i << " " << j;
        }
    }
  }
}

// A reshape behind a hand-written loop goes behind what follows elementwise, so that this is done
// within the loop: two axes of unknown extents that the loop has as one.
TEST(CodegenTest, EpilogBehindAReshapeOfAParallelLoopNeedsScratchOfAPointOnly) {
  constexpr char text[] = R"(
#id = affine_map<(b, i, j) -> (b, i, j)>
#column = affine_map<(b, i, j) -> (j)>
func.func @f(%x: tensor<?x?x8xf32> {lz.dims = array<i64: 0, 1, -1>}, %y: tensor<8xf32>, %o: tensor<?x?x8xf32> {lz.dims = array<i64: 0, 1, -1>}, %b: index, %n: index, %rows: index) -> tensor<?x?x8xf32> attributes {lz.num_inputs = 2, lz.num_outputs = 1, lz.num_sizes = 3} {
%rowsOfX = tensor.collapse_shape %x [[0, 1], [2]] : tensor<?x?x8xf32> into tensor<?x8xf32>
%e = tensor.empty(%rows) : tensor<?x8xf32>
%doubled = scf.forall (%i) in (%rows) shared_outs(%out = %e) -> (tensor<?x8xf32>) {
  %row = tensor.extract_slice %rowsOfX[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
  %into = tensor.extract_slice %out[%i, 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<1x8xf32>
  %made = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%row : tensor<1x8xf32>) outs(%into : tensor<1x8xf32>) {
  ^bb0(%v: f32, %u: f32):
    %s = arith.addf %v, %v : f32
    linalg.yield %s : f32
  } -> tensor<1x8xf32>
  scf.forall.in_parallel {
    tensor.parallel_insert_slice %made into %out[%i, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<?x8xf32>
  }
}
%apart = tensor.expand_shape %doubled [[0, 1], [2]] output_shape [%b, %n, 8] : tensor<?x8xf32> into tensor<?x?x8xf32>
%r = linalg.generic {indexing_maps = [#id, #id, #column, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%apart, %x, %y : tensor<?x?x8xf32>, tensor<?x?x8xf32>, tensor<8xf32>) outs(%o : tensor<?x?x8xf32>) {
^bb0(%two: f32, %v: f32, %c: f32, %u: f32):
  %d = arith.mulf %two, %v : f32
  %a = arith.addf %d, %c : f32
  linalg.yield %a : f32
} -> tensor<?x?x8xf32>
return %r : tensor<?x?x8xf32>
}
)";
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(text, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    EXPECT_EQ(kernel.units({3, 4, 12}), 12);
    EXPECT_TRUE(kernel.plan().dynamicScratch.empty());
    EXPECT_LE(kernel.plan().scratchBytes, 64);
    auto x = randomFloats(12 * 8), y = randomFloats(8, 2);
    std::vector<float> o(12 * 8);
    ASSERT_EQ(kernel.run({x.data(), y.data(), o.data()}, {3, 4, 12}, 2), 0);
    for (int i = 0; i < 12 * 8; ++i)
      ASSERT_NEAR(o[i], 2 * x[i] * x[i] + y[i % 8], 1e-5) << i;
  }
}

} // namespace
