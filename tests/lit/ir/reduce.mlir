// Reductions, softmax, scans: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @reduce
lz.func @reduce(%x: !lz.tensor<"n" x 4 x f32>, %b: !lz.tensor<"n" x i1>) {
  // CHECK: lz.reduce sum %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<f32>
  %0 = lz.reduce sum %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<f32>
  // CHECK: lz.reduce mean %{{[^ ,)]+}} {axes = [-1], keep_dims = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %1 = lz.reduce mean %x {axes = [-1], keep_dims = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 1 x f32>
  // CHECK: lz.reduce prod %{{[^ ,)]+}} {axes = [0, 1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<f32>
  %2 = lz.reduce prod %x {axes = [0, 1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<f32>
  // CHECK: lz.reduce max %{{[^ ,)]+}} {axes = [0]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<4 x f32>
  %3 = lz.reduce max %x {axes = [0]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<4 x f32>
  // CHECK: lz.reduce min %{{[^ ,)]+}} {axes = [0]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<4 x f32>
  %4 = lz.reduce min %x {axes = [0]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<4 x f32>
  // CHECK: lz.reduce any %{{[^ ,)]+}} : (!lz.tensor<"n" x i1>) -> !lz.tensor<i1>
  %5 = lz.reduce any %b : (!lz.tensor<"n" x i1>) -> !lz.tensor<i1>
  // CHECK: lz.reduce all %{{[^ ,)]+}} : (!lz.tensor<"n" x i1>) -> !lz.tensor<i1>
  %6 = lz.reduce all %b : (!lz.tensor<"n" x i1>) -> !lz.tensor<i1>
  // CHECK: lz.reduce argmax %{{[^ ,)]+}} {axes = [1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x i64>
  %7 = lz.reduce argmax %x {axes = [1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x i64>
  // CHECK: lz.reduce argmin %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<i64>
  %8 = lz.reduce argmin %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<i64>
  // CHECK: lz.softmax %{{[^ ,)]+}} {axis = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %9 = lz.softmax %x {axis = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.softmax %{{[^ ,)]+}} {axis = 0, log = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %10 = lz.softmax %x {axis = 0, log = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.cumulative sum %{{[^ ,)]+}} {axis = 0} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %11 = lz.cumulative sum %x {axis = 0} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.cumulative prod %{{[^ ,)]+}} {axis = 1, exclusive = true, reverse = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %12 = lz.cumulative prod %x {axis = 1, exclusive = true, reverse = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return
}
