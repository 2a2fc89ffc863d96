// Random numbers: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @random
lz.func @random(%s: !lz.tensor<i64>, %c: !lz.tensor<i64>, %x: !lz.tensor<* x f32>) {
  // CHECK: lz.random uniform %{{[^ ,)]+}}, %{{[^ ,)]+}} {shape = #lz.dims<"n", 4>, stream = 3} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<"n" x 4 x f32>
  %0 = lz.random uniform %s, %c {shape = #lz.dims<"n", 4>, stream = 3} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.random normal %{{[^ ,)]+}}, %{{[^ ,)]+}} {shape = #lz.dims<2>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<2 x f64>
  %1 = lz.random normal %s, %c {shape = #lz.dims<2>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<2 x f64>
  // CHECK: lz.random_like uniform %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {stream = 1} : (!lz.tensor<i64>, !lz.tensor<i64>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  %2 = lz.random_like uniform %s, %c, %x {stream = 1} : (!lz.tensor<i64>, !lz.tensor<i64>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}
