//===- CodegenTest.cpp - kernels from tensors to numbers ------------------===//

#include "tests/unit/cpu/JitImage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace lz::cpu::test;

namespace {

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


constexpr char kSoftmax[] = R"(
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @softmax(%x: tensor<?x?xf32> {lz.dims = array<i64: 0, 1>},
                   %o: tensor<?x?xf32> {lz.dims = array<i64: 0, 1>},
                   %n: index, %m: index {lz.max = 3000 : i64}) -> tensor<?x?xf32>
    attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 2} {
  %low = arith.constant 0xFF800000 : f32
  %zero = arith.constant 0.0 : f32
  %e1 = tensor.empty(%n) : tensor<?xf32>
  %f1 = linalg.fill ins(%low : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%f1 : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %a, %acc : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  %e2 = tensor.empty(%n, %m) : tensor<?x?xf32>
  %exp = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %max : tensor<?x?xf32>, tensor<?xf32>) outs(%e2 : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %d = arith.subf %a, %b : f32
    %v = math.exp %d : f32
    linalg.yield %v : f32
  } -> tensor<?x?xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%exp : tensor<?x?xf32>) outs(%f2 : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.addf %a, %acc : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%exp, %sum : tensor<?x?xf32>, tensor<?xf32>) outs(%o : tensor<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %v = arith.divf %a, %b : f32
    linalg.yield %v : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
)";

TEST(CodegenTest, SoftmaxIsFusedPerRow) {
  JitKernel kernel(kSoftmax);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  EXPECT_GT(kernel.units({1000, 1000}), 100);
  for (auto [n, m] : {std::pair<int64_t, int64_t>{1, 1}, {3, 10}, {17, 1000}, {100, 65}}) {
    auto x = randomFloats(n * m);
    std::vector<float> o(n * m);
    ASSERT_EQ(kernel.run({x.data(), o.data()}, {n, m}, 1), 0);
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < m; ++j)
        sum += std::exp(double(x[i * m + j]));
      for (int64_t j = 0; j < m; ++j)
        ASSERT_NEAR(o[i * m + j], std::exp(double(x[i * m + j])) / sum, 1e-6);
    }
  }
}

/// Text of y = relu(x w + b), or x transposed(w) + b, on static or dynamic rows.
std::string denseText(int64_t m, int64_t n, int64_t k, bool transposed,
                      const std::string &type = "f32") {
  auto t = [&](std::string dims) { return "tensor<" + dims + "x" + type + ">"; };
  std::string rows = m < 0 ? "?" : std::to_string(m), N = std::to_string(n),
              K = std::to_string(k);
  std::string dims = m < 0 ? " {lz.dims = array<i64: 0, -1>}" : "";
  std::string x = t(rows + "x" + K), w = transposed ? t(N + "x" + K) : t(K + "x" + N),
              o = t(rows + "x" + N);
  std::string acc = type == "f64" ? "f64" : "f32";
  std::string ta = "tensor<" + rows + "x" + N + "x" + acc + ">";
  std::string empty = "tensor.empty(" + std::string(m < 0 ? "%m" : "") + ") : " + ta;
  std::string ext = type == acc ? "%p = arith.mulf %a, %c : f32\n"
                                : "%ae = arith.extf %a : " + type + " to f32\n%ce = arith.extf %c : " +
                                      type + " to f32\n%p = arith.mulf %ae, %ce : f32\n";
  if (type == "f64")
    ext = "%p = arith.mulf %a, %c : f64\n";
  std::string narrow = type == acc ? "linalg.yield %u : " + type
                                   : "%t = arith.truncf %u : f32 to " + type + "\nlinalg.yield %t : " + type;
  return "#i = affine_map<(m, n, k) -> (m, k)>\n#w = affine_map<(m, n, k) -> " +
         std::string(transposed ? "(n, k)" : "(k, n)") + ">\n#o = affine_map<(m, n, k) -> (m, n)>\n"
         "#id = affine_map<(m, n) -> (m, n)>\n#b = affine_map<(m, n) -> (n)>\n"
         "func.func @f(%x: " + x + dims + ", %w: " + w + ", %b: " + t(N) + ", %out: " + o + dims +
         (m < 0 ? ", %m: index" : "") + ") -> " + o +
         " attributes {lz.num_inputs = 3, lz.num_outputs = 1, lz.num_sizes = " +
         (m < 0 ? "1" : "0") + "} {\n%z = arith.constant 0.0 : " + acc + "\n%e = " + empty +
         "\n%f = linalg.fill ins(%z : " + acc + ") outs(%e : " + ta + ") -> " + ta +
         "\n%d = linalg.generic {indexing_maps = [#i, #w, #o], iterator_types = "
         "[\"parallel\", \"parallel\", \"reduction\"]} ins(%x, %w : " + x + ", " + w +
         ") outs(%f : " + ta + ") {\n^bb0(%a: " + type + ", %c: " + type + ", %s: " + acc + "):\n" +
         ext + "%q = arith.addf %p, %s : " + acc + "\nlinalg.yield %q : " + acc + "\n} -> " + ta +
         "\n%r = linalg.generic {indexing_maps = [#id, #b, #id], iterator_types = "
         "[\"parallel\", \"parallel\"]} ins(%d, %b : " + ta + ", " + t(N) + ") outs(%out : " + o +
         ") {\n^bb0(%a: " + acc + ", %c: " + type + ", %s: " + type + "):\n" +
         (type == acc ? "%ce = arith.addf %c, %z : " + acc : "%ce = arith.extf %c : " + type + " to f32") +
         "\n%q = arith.addf %a, %ce : " + acc + "\n%u = arith.maximumf %q, %z : " + acc + "\n" + narrow +
         "\n} -> " + o + "\nreturn %r : " + o + "\n}\n";
}

void checkDense(int64_t m, int64_t n, int64_t k, bool transposed, bool dynamic,
                const lz::CpuTarget &target) {
  JitKernel kernel(denseText(dynamic ? -1 : m, n, k, transposed), target);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  auto x = randomFloats(m * k), w = randomFloats(n * k, 2), b = randomFloats(n, 3);
  std::vector<float> o(m * n, -1);
  llvm::SmallVector<int64_t> sizes;
  if (dynamic)
    sizes.push_back(m);
  ASSERT_EQ(kernel.run({x.data(), w.data(), b.data(), o.data()}, sizes, 1), 0);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = b[j];
      for (int64_t l = 0; l < k; ++l)
        sum += double(x[i * k + l]) * (transposed ? w[j * k + l] : w[l * n + j]);
      ASSERT_NEAR(o[i * n + j], std::max(sum, 0.0), 1e-5 * k)
          << i << ", " << j << " of " << m << "x" << n << "x" << k << (transposed ? "t" : "");
    }
}

TEST(CodegenTest, DenseLayersOfManyShapes) {
  for (bool transposed : {false, true})
    for (auto [m, n, k] : {std::array<int64_t, 3>{1, 1, 1}, {1, 10, 64}, {2, 16, 3}, {5, 33, 17},
                           {16, 100, 65}, {7, 129, 31}, {50, 200, 100}, {33, 64, 1},
                           {9, 24, 17}, {4, 20, 9}, {3, 43, 5}})
      for (bool dynamic : {false, true})
        for (const lz::CpuTarget &target : targets())
          checkDense(m, n, k, transposed, dynamic, target);
}

float bf16ToFloat(uint16_t bits) {
  uint32_t word = uint32_t(bits) << 16;
  float value;
  memcpy(&value, &word, 4);
  return value;
}

TEST(CodegenTest, DenseInBf16AccumulatesInF32) {
  for (bool transposed : {false, true}) {
    int64_t m = 5, n = 37, k = 70;
    JitKernel kernel(denseText(m, n, k, transposed, "bf16"));
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    auto narrow = [](std::vector<float> v) {
      std::vector<uint16_t> r;
      for (float f : v) {
        uint32_t word;
        memcpy(&word, &f, 4);
        r.push_back(word >> 16);
      }
      return r;
    };
    auto x = narrow(randomFloats(m * k)), w = narrow(randomFloats(n * k, 2)),
         b = narrow(randomFloats(n, 3));
    std::vector<uint16_t> o(m * n);
    ASSERT_EQ(kernel.run({x.data(), w.data(), b.data(), o.data()}), 0);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double sum = bf16ToFloat(b[j]);
        for (int64_t l = 0; l < k; ++l)
          sum += double(bf16ToFloat(x[i * k + l])) *
                 bf16ToFloat(transposed ? w[j * k + l] : w[l * n + j]);
        ASSERT_NEAR(bf16ToFloat(o[i * n + j]), std::max(sum, 0.0), 0.04);
      }
  }
}

// out[b, i, j] = x[b, j, i] * y[b, i] + i - j, added to what a first op left there.
constexpr char kTurned[] = R"(
#id = affine_map<(b,i,j) -> (b,i,j)>
#turned = affine_map<(b,i,j) -> (b,j,i)>
#rows = affine_map<(b,i,j) -> (b,i)>
func.func @f(%x: tensor<2x?x?xf32> {lz.dims = array<i64: -1, 1, 0>}, %y: tensor<2x?xf32> {lz.dims = array<i64: -1, 0>}, %out: tensor<2x?x?xf32> {lz.dims = array<i64: -1, 0, 1>}, %n: index, %m: index) -> tensor<2x?x?xf32> attributes {lz.num_inputs = 2, lz.num_outputs = 1, lz.num_sizes = 2} {
%a = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel", "parallel"]} outs(%out : tensor<2x?x?xf32>) {
^bb0(%old: f32):
%i = linalg.index 1 : index
%j = linalg.index 2 : index
%d = arith.subi %i, %j : index
%n32 = arith.index_cast %d : index to i32
%u = arith.sitofp %n32 : i32 to f32
linalg.yield %u : f32
} -> tensor<2x?x?xf32>
%r = linalg.generic {indexing_maps = [#turned, #rows, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%x, %y : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%a : tensor<2x?x?xf32>) {
^bb0(%p: f32, %q: f32, %old: f32):
%pq = arith.mulf %p, %q : f32
%u = arith.addf %old, %pq : f32
linalg.yield %u : f32
} -> tensor<2x?x?xf32>
return %r : tensor<2x?x?xf32>
}
)";

TEST(CodegenTest, TurnsSquaresOfLanes) {
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(kTurned, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    for (int64_t n : {1, 7, 16, 33})
      for (int64_t m : {1, 8, 17, 50}) {
        auto x = randomFloats(2 * n * m), y = randomFloats(2 * n, 2);
        std::vector<float> o(2 * n * m, -1);
        ASSERT_EQ(kernel.run({x.data(), y.data(), o.data()}, {n, m}, 1), 0);
        for (int64_t b = 0; b < 2; ++b)
          for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < m; ++j)
              ASSERT_NEAR(o[(b * n + i) * m + j],
                          x[(b * m + j) * n + i] * y[b * n + i] + float(i - j), 1e-5)
                  << n << " " << m;
      }
  }
}

// A product into what was filled, twice: the second fill must not be lost.
constexpr char kFilled[] = R"(
#a = affine_map<(i,j,k) -> (i,k)>
#b = affine_map<(i,j,k) -> (k,j)>
#c = affine_map<(i,j,k) -> (i,j)>
func.func @f(%x: tensor<5x6xf32>, %y: tensor<6x20xf32>, %o0: tensor<5x20xf32>, %o1: tensor<5x20xf32>) -> (tensor<5x20xf32>, tensor<5x20xf32>) attributes {lz.num_inputs = 2, lz.num_outputs = 2, lz.num_sizes = 0} {
%one = arith.constant 1.0 : f32
%f0 = linalg.fill ins(%one : f32) outs(%o0 : tensor<5x20xf32>) -> tensor<5x20xf32>
%p = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %y : tensor<5x6xf32>, tensor<6x20xf32>) outs(%f0 : tensor<5x20xf32>) {
^bb0(%l: f32, %r: f32, %acc: f32):
%m = arith.mulf %l, %r : f32
%s = arith.addf %acc, %m : f32
linalg.yield %s : f32
} -> tensor<5x20xf32>
%f1 = linalg.fill ins(%one : f32) outs(%o1 : tensor<5x20xf32>) -> tensor<5x20xf32>
return %p, %f1 : tensor<5x20xf32>, tensor<5x20xf32>
}
)";

TEST(CodegenTest, ReductionsStartFromWhatIsFilled) {
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(kFilled, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    auto x = randomFloats(30), y = randomFloats(120, 2);
    std::vector<float> p(100, -7), ones(100, -7);
    ASSERT_EQ(kernel.run({x.data(), y.data(), p.data(), ones.data()}, {}, 1), 0);
    for (int i = 0; i < 5; ++i)
      for (int j = 0; j < 20; ++j) {
        double sum = 1;
        for (int k = 0; k < 6; ++k)
          sum += double(x[i * 6 + k]) * y[k * 20 + j];
        ASSERT_NEAR(p[i * 20 + j], sum, 1e-5);
        ASSERT_EQ(ones[i * 20 + j], 1);
      }
  }
}

constexpr char kGather[] = R"(
func.func private @lz_index_error(i32, i64, i64)
func.func @gather(%t: tensor<100x24xf32>, %i: tensor<?xi64> {lz.dims = array<i64: 0>},
                  %o: tensor<?x24xf32> {lz.dims = array<i64: 0, -1>}, %n: index)
    -> tensor<?x24xf32> attributes {lz.num_inputs = 2, lz.num_outputs = 1, lz.num_sizes = 1} {
  %e = tensor.empty(%n) : tensor<?xi64>
  %checked = linalg.generic {indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> (a)>],
      iterator_types = ["parallel"]} ins(%i : tensor<?xi64>) outs(%e : tensor<?xi64>) {
  ^bb0(%x: i64, %u: i64):
    %c0 = arith.constant 0 : i64
    %bound = arith.constant 100 : i64
    %operand = arith.constant 1 : i32
    %negative = arith.cmpi slt, %x, %c0 : i64
    %moved = arith.addi %x, %bound : i64
    %y = arith.select %negative, %moved, %x : i64
    %bad = arith.cmpi uge, %y, %bound : i64
    scf.if %bad {
      func.call @lz_index_error(%operand, %x, %bound) : (i32, i64, i64) -> ()
    }
    %z = arith.select %bad, %c0, %y : i64
    linalg.yield %z : i64
  } -> tensor<?xi64>
  %r = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a)>, affine_map<(a, b) -> (a, b)>],
      iterator_types = ["parallel", "parallel"]} ins(%checked : tensor<?xi64>) outs(%o : tensor<?x24xf32>) {
  ^bb0(%x: i64, %u: f32):
    %row = arith.index_cast %x : i64 to index
    %column = linalg.index 1 : index
    %v = tensor.extract %t[%row, %column] : tensor<100x24xf32>
    linalg.yield %v : f32
  } -> tensor<?x24xf32>
  return %r : tensor<?x24xf32>
}
)";

TEST(CodegenTest, GatherReportsAnIndexOutOfRange) {
  JitKernel kernel(kGather);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  auto table = randomFloats(2400);
  std::vector<int64_t> index = {0, 99, -1, -100, 42};
  std::vector<float> o(5 * 24);
  ASSERT_EQ(kernel.run({table.data(), index.data(), o.data()}, {5}), 0);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 24; ++j)
      ASSERT_EQ(o[i * 24 + j], table[((index[i] + 100) % 100) * 24 + j]);
  index[3] = -101;
  lz_kernel_error error = {};
  EXPECT_EQ(kernel.run({table.data(), index.data(), o.data()}, {5}, 0, &error), 1);
  EXPECT_EQ(error.code, 1);
  EXPECT_EQ(error.operand, 1);
  EXPECT_EQ(error.value, -101);
  EXPECT_EQ(error.bound, 100);
}

constexpr char kForall[] = R"(
func.func @f(%x: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>},
             %o: tensor<?x8xf32> {lz.dims = array<i64: 0, -1>}, %n: index)
    -> tensor<?x8xf32> attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 1} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.forall (%i) in (%n) shared_outs(%out = %o) -> (tensor<?x8xf32>) {
    %e = tensor.empty() : tensor<1x8xf32>
    %row, %last = scf.for %j = %c0 to %c8 step %c1 iter_args(%t = %e, %sum = %zero)
        -> (tensor<1x8xf32>, f32) {
      %v = tensor.extract %x[%i, %j] : tensor<?x8xf32>
      %s = arith.addf %sum, %v : f32
      %u = tensor.insert %s into %t[%c0, %j] : tensor<1x8xf32>
      scf.yield %u, %s : tensor<1x8xf32>, f32
    }
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %row into %out[%i, 0] [1, 8] [1, 1]
          : tensor<1x8xf32> into tensor<?x8xf32>
    }
  }
  return %r : tensor<?x8xf32>
}
)";

TEST(CodegenTest, ForallIsTheGrid) {
  JitKernel kernel(kForall);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  EXPECT_EQ(kernel.units({9}), 9);
  auto x = randomFloats(9 * 8);
  std::vector<float> o(9 * 8);
  ASSERT_EQ(kernel.run({x.data(), o.data()}, {9}, 2), 0);
  for (int i = 0; i < 9; ++i) {
    float sum = 0;
    for (int j = 0; j < 8; ++j)
      ASSERT_FLOAT_EQ(o[i * 8 + j], sum += x[i * 8 + j]);
  }
}

constexpr char kCompare[] = R"(
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @f(%x: tensor<20x30xf32>, %y: tensor<20x30xf32>, %less: tensor<20x30xi1>,
             %any: tensor<20xi1>) -> (tensor<20x30xi1>, tensor<20xi1>)
    attributes {lz.num_inputs = 2, lz.num_outputs = 2, lz.num_sizes = 0} {
  %false = arith.constant false
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %y : tensor<20x30xf32>, tensor<20x30xf32>) outs(%less : tensor<20x30xi1>) {
  ^bb0(%a: f32, %b: f32, %c: i1):
    %v = arith.cmpf olt, %a, %b : f32
    linalg.yield %v : i1
  } -> tensor<20x30xi1>
  %f = linalg.fill ins(%false : i1) outs(%any : tensor<20xi1>) -> tensor<20xi1>
  %s = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%r : tensor<20x30xi1>) outs(%f : tensor<20xi1>) {
  ^bb0(%a: i1, %acc: i1):
    %v = arith.ori %a, %acc : i1
    linalg.yield %v : i1
  } -> tensor<20xi1>
  return %r, %s : tensor<20x30xi1>, tensor<20xi1>
}
)";

TEST(CodegenTest, BooleansAreBytesAndTwoOutputsShareAGrid) {
  JitKernel kernel(kCompare);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  auto x = randomFloats(600), y = randomFloats(600, 2);
  std::fill(y.begin(), y.begin() + 30, -2.0f); // no element of row 0 is less
  std::vector<uint8_t> less(600, 7), any(20, 7);
  ASSERT_EQ(kernel.run({x.data(), y.data(), less.data(), any.data()}, {}, 1), 0);
  for (int i = 0; i < 20; ++i) {
    bool expected = false;
    for (int j = 0; j < 30; ++j) {
      ASSERT_EQ(less[i * 30 + j], x[i * 30 + j] < y[i * 30 + j]);
      expected |= less[i * 30 + j];
    }
    ASSERT_EQ(any[i], expected);
  }
}

constexpr char kColumns[] = R"(
#in = affine_map<(j, i) -> (i, j)>
#out = affine_map<(j, i) -> (j)>
func.func @f(%x: tensor<?x?xf32> {lz.dims = array<i64: 0, 1>},
             %max: tensor<?xf32> {lz.dims = array<i64: 1>},
             %sum: tensor<?xf32> {lz.dims = array<i64: 1>}, %n: index, %m: index)
    -> (tensor<?xf32>, tensor<?xf32>)
    attributes {lz.num_inputs = 1, lz.num_outputs = 2, lz.num_sizes = 2} {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %f = linalg.fill ins(%low : f32) outs(%max : tensor<?xf32>) -> tensor<?xf32>
  %g = linalg.fill ins(%zero : f32) outs(%sum : tensor<?xf32>) -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %a, %acc : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  %s = linalg.generic {indexing_maps = [#in, #out], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<?x?xf32>) outs(%g : tensor<?xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %e = math.exp %a : f32
    %v = arith.addf %e, %acc : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %r, %s : tensor<?xf32>, tensor<?xf32>
}
)";

TEST(CodegenTest, ReducesOverRows) {
  JitKernel kernel(kColumns);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  for (auto [n, m] : {std::pair<int64_t, int64_t>{3, 5}, {100, 1000}, {7, 33}}) {
    auto x = randomFloats(n * m);
    std::vector<float> max(m), sum(m);
    ASSERT_EQ(kernel.run({x.data(), max.data(), sum.data()}, {n, m}, 1), 0);
    for (int64_t j = 0; j < m; ++j) {
      float expectedMax = -INFINITY;
      double expectedSum = 0;
      for (int64_t i = 0; i < n; ++i) {
        expectedMax = std::max(expectedMax, x[i * m + j]);
        expectedSum += std::exp(double(x[i * m + j]));
      }
      ASSERT_EQ(max[j], expectedMax);
      ASSERT_NEAR(sum[j], expectedSum, 1e-5 * expectedSum);
    }
  }
}

constexpr char kConvolution[] = R"(
#i = affine_map<(n,o,h,w,c,kh,kw) -> (n,c,h+kh,w+kw)>
#w = affine_map<(n,o,h,w,c,kh,kw) -> (o,c,kh,kw)>
#o = affine_map<(n,o,h,w,c,kh,kw) -> (n,o,h,w)>
func.func @f(%x: tensor<2x5x11x13xf32>, %w: tensor<7x5x3x3xf32>, %out: tensor<2x7x9x11xf32>) -> tensor<2x7x9x11xf32> attributes {lz.num_inputs = 2, lz.num_outputs = 1, lz.num_sizes = 0} {
%z = arith.constant 0.0 : f32
%f = linalg.fill ins(%z : f32) outs(%out : tensor<2x7x9x11xf32>) -> tensor<2x7x9x11xf32>
%d = linalg.generic {indexing_maps = [#i, #w, #o], iterator_types = ["parallel", "parallel", "parallel","parallel","reduction","reduction","reduction"]} ins(%x, %w : tensor<2x5x11x13xf32>, tensor<7x5x3x3xf32>) outs(%f : tensor<2x7x9x11xf32>) {
^bb0(%a: f32, %c: f32, %s: f32):
%p = arith.mulf %a, %c : f32
%q = arith.addf %p, %s : f32
linalg.yield %q : f32
} -> tensor<2x7x9x11xf32>
return %d : tensor<2x7x9x11xf32>
}
)";

constexpr char kAttention[] = R"(
#q = affine_map<(b,l,s,e) -> (b,l,e)>
#k = affine_map<(b,l,s,e) -> (b,s,e)>
#s = affine_map<(b,l,s,e) -> (b,l,s)>
#id = affine_map<(b,l,s) -> (b,l,s)>
#r = affine_map<(b,l,s) -> (b,l)>
#p = affine_map<(b,l,e,s) -> (b,l,s)>
#v = affine_map<(b,l,e,s) -> (b,s,e)>
#o = affine_map<(b,l,e,s) -> (b,l,e)>
func.func @f(%q: tensor<2x?x9xf32> {lz.dims = array<i64: -1, 0, -1>}, %k: tensor<2x?x9xf32> {lz.dims = array<i64: -1, 0, -1>}, %v: tensor<2x?x9xf32> {lz.dims = array<i64: -1, 0, -1>}, %out: tensor<2x?x9xf32> {lz.dims = array<i64: -1, 0, -1>}, %n: index {lz.max = 100 : i64}) -> tensor<2x?x9xf32> attributes {lz.num_inputs = 3, lz.num_outputs = 1, lz.num_sizes = 1} {
%z = arith.constant 0.0 : f32
%low = arith.constant 0xFF800000 : f32
%scale = arith.constant 0.125 : f32
%e = tensor.empty(%n,%n) : tensor<2x?x?xf32>
%f = linalg.fill ins(%z : f32) outs(%e : tensor<2x?x?xf32>) -> tensor<2x?x?xf32>
%sc = linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%q, %k : tensor<2x?x9xf32>, tensor<2x?x9xf32>) outs(%f : tensor<2x?x?xf32>) {
^bb0(%a: f32, %c: f32, %acc: f32):
%p = arith.mulf %a, %c : f32
%u = arith.addf %p, %acc : f32
linalg.yield %u : f32
} -> tensor<2x?x?xf32>
%er = tensor.empty(%n) : tensor<2x?xf32>
%fm = linalg.fill ins(%low : f32) outs(%er : tensor<2x?xf32>) -> tensor<2x?xf32>
%fs = linalg.fill ins(%z : f32) outs(%er : tensor<2x?xf32>) -> tensor<2x?xf32>
%m = linalg.generic {indexing_maps = [#id, #r], iterator_types = ["parallel", "parallel", "reduction"]} ins(%sc : tensor<2x?x?xf32>) outs(%fm : tensor<2x?xf32>) {
^bb0(%a: f32, %acc: f32):
%u = arith.maximumf %a, %acc : f32
linalg.yield %u : f32
} -> tensor<2x?xf32>
%ex = linalg.generic {indexing_maps = [#id, #r, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%sc, %m : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?x?xf32>) {
^bb0(%a: f32, %c: f32, %acc: f32):
%d = arith.subf %a, %c : f32
%d2 = arith.mulf %d, %scale : f32
%u = math.exp %d2 : f32
linalg.yield %u : f32
} -> tensor<2x?x?xf32>
%su = linalg.generic {indexing_maps = [#id, #r], iterator_types = ["parallel", "parallel", "reduction"]} ins(%ex : tensor<2x?x?xf32>) outs(%fs : tensor<2x?xf32>) {
^bb0(%a: f32, %acc: f32):
%u = arith.addf %a, %acc : f32
linalg.yield %u : f32
} -> tensor<2x?xf32>
%pr = linalg.generic {indexing_maps = [#id, #r, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%ex, %su : tensor<2x?x?xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?x?xf32>) {
^bb0(%a: f32, %c: f32, %acc: f32):
%u = arith.divf %a, %c : f32
linalg.yield %u : f32
} -> tensor<2x?x?xf32>
%fo = linalg.fill ins(%z : f32) outs(%out : tensor<2x?x9xf32>) -> tensor<2x?x9xf32>
%r = linalg.generic {indexing_maps = [#p, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%pr, %v : tensor<2x?x?xf32>, tensor<2x?x9xf32>) outs(%fo : tensor<2x?x9xf32>) {
^bb0(%a: f32, %c: f32, %acc: f32):
%p = arith.mulf %a, %c : f32
%u = arith.addf %p, %acc : f32
linalg.yield %u : f32
} -> tensor<2x?x9xf32>
return %r : tensor<2x?x9xf32>
}
)";

TEST(CodegenTest, ConvolvesDirectly) {
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(kConvolution, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    auto x = randomFloats(2 * 5 * 11 * 13), w = randomFloats(7 * 5 * 9, 2);
    std::vector<float> o(2 * 7 * 9 * 11);
    ASSERT_EQ(kernel.run({x.data(), w.data(), o.data()}, {}, 1), 0);
    for (int n = 0; n < 2; ++n)
      for (int f = 0; f < 7; ++f)
        for (int h = 0; h < 9; ++h)
          for (int v = 0; v < 11; ++v) {
            double sum = 0;
            for (int c = 0; c < 5; ++c)
              for (int i = 0; i < 3; ++i)
                for (int j = 0; j < 3; ++j)
                  sum += double(x[((n * 5 + c) * 11 + h + i) * 13 + v + j]) *
                         w[((f * 5 + c) * 3 + i) * 3 + j];
            ASSERT_NEAR(o[((n * 7 + f) * 9 + h) * 11 + v], sum, 1e-5);
          }
  }
}

void checkAttention(const JitKernel &kernel) {
  for (int64_t n : {1, 7, 50, 100}) {
    auto q = randomFloats(2 * n * 9), k = randomFloats(2 * n * 9, 2),
         v = randomFloats(2 * n * 9, 3);
    std::vector<float> o(2 * n * 9);
    ASSERT_EQ(kernel.run({q.data(), k.data(), v.data(), o.data()}, {n}, 1), 0);
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t l = 0; l < n; ++l) {
        std::vector<double> weight(n);
        double sum = 0;
        for (int64_t s = 0; s < n; ++s) {
          double dot = 0;
          for (int e = 0; e < 9; ++e)
            dot += double(q[(b * n + l) * 9 + e]) * k[(b * n + s) * 9 + e];
          sum += weight[s] = std::exp(dot * 0.125);
        }
        for (int e = 0; e < 9; ++e) {
          double expected = 0;
          for (int64_t s = 0; s < n; ++s)
            expected += weight[s] / sum * v[(b * n + s) * 9 + e];
          ASSERT_NEAR(o[(b * n + l) * 9 + e], expected, 1e-5);
        }
      }
  }
}

TEST(CodegenTest, AttentionNeedsScratchOfATileOnly) {
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(kAttention, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    EXPECT_LT(kernel.plan().scratchBytes, 3 * 24 * 100 * 4);
    EXPECT_TRUE(kernel.plan().dynamicScratch.empty());
    checkAttention(kernel);
  }
}

TEST(CodegenTest, ScratchWithoutBoundIsAsLargeAsTheRunNeeds) {
  std::string text = kAttention;
  text.erase(text.find(" {lz.max = 100 : i64}"), strlen(" {lz.max = 100 : i64}"));
  for (const lz::CpuTarget &target : targets()) {
    JitKernel kernel(text, target);
    ASSERT_TRUE(kernel.valid()) << kernel.error();
    EXPECT_FALSE(kernel.plan().dynamicScratch.empty());
    checkAttention(kernel);
  }
}

TEST(CodegenTest, ParallelLoopThatIsReadAfterwardsIsOneUnit) {
  JitKernel kernel(R"(
#rev = affine_map<(i) -> (i)>
func.func @f(%x: tensor<?xf32> {lz.dims = array<i64: 0>}, %out: tensor<?xf32> {lz.dims = array<i64: 0>}, %n: index) -> tensor<?xf32> attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 1} {
%one = arith.constant 1 : index
%e = tensor.empty(%n) : tensor<?xf32>
%squares = scf.forall (%i) in (%n) shared_outs(%o = %e) -> (tensor<?xf32>) {
  %v = tensor.extract %x[%i] : tensor<?xf32>
  %w = arith.mulf %v, %v : f32
  %row = tensor.extract_slice %o[%i] [1] [1] : tensor<?xf32> to tensor<1xf32>
  %zero = arith.constant 0 : index
  %new = tensor.insert %w into %row[%zero] : tensor<1xf32>
  scf.forall.in_parallel {
    tensor.parallel_insert_slice %new into %o[%i] [1] [1] : tensor<1xf32> into tensor<?xf32>
  }
}
%r = linalg.generic {indexing_maps = [#rev], iterator_types = ["parallel"]} outs(%out : tensor<?xf32>) {
^bb0(%acc: f32):
%i = linalg.index 0 : index
%last = arith.subi %n, %one : index
%j = arith.subi %last, %i : index
%v = tensor.extract %squares[%j] : tensor<?xf32>
linalg.yield %v : f32
} -> tensor<?xf32>
return %r : tensor<?xf32>
}
)");
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  EXPECT_EQ(kernel.units({50}), 1);
  auto x = randomFloats(50);
  std::vector<float> o(50);
  ASSERT_EQ(kernel.run({x.data(), o.data()}, {50}, 1), 0);
  for (int i = 0; i < 50; ++i)
    EXPECT_FLOAT_EQ(o[i], x[49 - i] * x[49 - i]);
}

TEST(CodegenTest, TemporaryThatDataMeasuresIsAnError) {
  JitKernel kernel(R"(
#id = affine_map<(i) -> (i)>
#all = affine_map<(i) -> ()>
func.func @f(%x: tensor<1xi64>, %out: tensor<f32>) -> tensor<f32> attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 0} {
%zero = arith.constant 0 : index
%one = arith.constant 1.0 : f32
%c = tensor.extract %x[%zero] : tensor<1xi64>
%n = arith.index_cast %c : i64 to index
%e = tensor.empty(%n) : tensor<?xf32>
%step = arith.constant 1 : index
%f = scf.for %i = %zero to %n step %step iter_args(%t = %e) -> tensor<?xf32> {
  %u = tensor.insert %one into %t[%i] : tensor<?xf32>
  scf.yield %u : tensor<?xf32>
}
%r = linalg.generic {indexing_maps = [#id, #all], iterator_types = ["reduction"]} ins(%f : tensor<?xf32>) outs(%out : tensor<f32>) {
^bb0(%a: f32, %acc: f32):
%u = arith.addf %a, %acc : f32
linalg.yield %u : f32
} -> tensor<f32>
return %r : tensor<f32>
}
)");
  EXPECT_FALSE(kernel.valid());
  EXPECT_NE(kernel.error().find("no known bound"), std::string::npos) << kernel.error();
}

/// x := x * sigmoid(x) so often, then minus its row's greatest.
std::string diamonds(unsigned count) {
  std::string text = R"(
#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
func.func @diamonds(%x0: tensor<8x16xf32>, %o: tensor<8x16xf32>) -> tensor<8x16xf32>
    attributes {lz.num_inputs = 1, lz.num_outputs = 1, lz.num_sizes = 0} {
  %low = arith.constant 0xFF800000 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<8x16xf32>
  %e1 = tensor.empty() : tensor<8xf32>
  %f1 = linalg.fill ins(%low : f32) outs(%e1 : tensor<8xf32>) -> tensor<8xf32>
)";
  auto pointwise = [&](const std::string &result, const std::string &src,
                       const std::string &value) {
    text += "  %" + result + " = linalg.generic {indexing_maps = [#id, #id, #id], " +
            "iterator_types = [\"parallel\", \"parallel\"]} ins(" + src +
            " : tensor<8x16xf32>, tensor<8x16xf32>) outs(%e : tensor<8x16xf32>) {\n" +
            "  ^bb0(%a: f32, %b: f32, %c: f32):\n" + value +
            "    linalg.yield %v : f32\n  } -> tensor<8x16xf32>\n";
  };
  for (unsigned i = 0; i < count; ++i) {
    std::string x = "%x" + std::to_string(i), s = "s" + std::to_string(i);
    pointwise(s, x + ", " + x,
              "    %n = arith.negf %a : f32\n    %p = math.exp %n : f32\n"
              "    %q = arith.addf %p, %one : f32\n    %v = arith.divf %one, %q : f32\n");
    pointwise("x" + std::to_string(i + 1), x + ", %" + s,
              "    %v = arith.mulf %a, %b : f32\n");
  }
  std::string last = "%x" + std::to_string(count);
  return text + R"(
  %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins()" + last + R"( : tensor<8x16xf32>) outs(%f1 : tensor<8xf32>) {
  ^bb0(%a: f32, %acc: f32):
    %v = arith.maximumf %a, %acc : f32
    linalg.yield %v : f32
  } -> tensor<8xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins()" + last + R"(, %max : tensor<8x16xf32>, tensor<8xf32>) outs(%o : tensor<8x16xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %v = arith.subf %a, %b : f32
    linalg.yield %v : f32
  } -> tensor<8x16xf32>
  return %r : tensor<8x16xf32>
}
)";
}

// Two ways lead to each value from the next: 2^40 to the first. This ends at all.
TEST(CodegenTest, ValuesOnManyPathsAreLookedAtOnce) {
  JitKernel kernel(diamonds(40));
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  EXPECT_GT(kernel.units({}), 0);
  auto x = randomFloats(8 * 16);
  std::vector<float> o(8 * 16), expected = x;
  ASSERT_EQ(kernel.run({x.data(), o.data()}), 0);
  for (float &value : expected)
    for (int i = 0; i < 40; ++i)
      value /= 1 + std::exp(-value);
  for (int row = 0; row < 8; ++row) {
    auto first = expected.begin() + row * 16;
    float greatest = *std::max_element(first, first + 16);
    for (int j = 0; j < 16; ++j)
      ASSERT_NEAR(o[row * 16 + j], first[j] - greatest, 1e-6) << row << " " << j;
  }
}

TEST(CodegenTest, NamesTheTargetThatIsTooOld) {
  std::string error;
  EXPECT_TRUE(failed(lz::CpuTarget::parse("x86-64-v2", error)));
  EXPECT_NE(error.find("expected x86-64-v3"), std::string::npos) << error;
  EXPECT_TRUE(failed(lz::CpuTarget::parse("pentium9", error)));
  EXPECT_NE(error.find("unknown target cpu 'pentium9'"), std::string::npos) << error;
  EXPECT_TRUE(failed(lz::CpuTarget::parse("x86-64-v3,avx9", error)));
  EXPECT_NE(error.find("unknown feature 'avx9'"), std::string::npos) << error;
  auto target = lz::CpuTarget::parse("x86-64-v4", error);
  ASSERT_TRUE(succeeded(target)) << error;
  EXPECT_EQ(target->vectorBytes, 64);
}

TEST(CodegenTest, CodeForAnOlderTargetRuns) {
  std::string error;
  auto target = lz::CpuTarget::parse("x86-64-v3", error);
  ASSERT_TRUE(succeeded(target)) << error;
  EXPECT_EQ(target->vectorBytes, 32);
  JitKernel kernel(kSoftmax, *target);
  ASSERT_TRUE(kernel.valid()) << kernel.error();
  std::vector<float> x(100, 1.0f), o(100);
  ASSERT_EQ(kernel.run({x.data(), o.data()}, {10, 10}), 0);
  EXPECT_FLOAT_EQ(o[55], 0.1f);
}

} // namespace
