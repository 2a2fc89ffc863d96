// Rounding, logic, activations: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @unary
lz.func @unary(%x: !lz.tensor<"n" x 4 x f32>, %b: !lz.tensor<"n" x i1>) {
  // CHECK: lz.abs %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %0 = lz.abs %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.neg %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %1 = lz.neg %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sign %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %2 = lz.sign %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.floor %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %3 = lz.floor %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.ceil %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %4 = lz.ceil %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.round %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %5 = lz.round %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.trunc %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %6 = lz.trunc %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sigmoid %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %7 = lz.sigmoid %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.relu %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %8 = lz.relu %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.silu %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %9 = lz.silu %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.hard_sigmoid %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %10 = lz.hard_sigmoid %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.hard_swish %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %11 = lz.hard_swish %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.mish %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %12 = lz.mish %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.gelu %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %13 = lz.gelu %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.leaky_relu %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %14 = lz.leaky_relu %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.elu %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %15 = lz.elu %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.softplus %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %16 = lz.softplus %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.gelu %{{[^ ,)]+}} {tanh = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %u0 = lz.gelu %x {tanh = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.leaky_relu %{{[^ ,)]+}} {alpha = 2.000000e-01} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %u1 = lz.leaky_relu %x {alpha = 2.000000e-01} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.elu %{{[^ ,)]+}} {alpha = 2.000000e+00} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %u2 = lz.elu %x {alpha = 2.000000e+00} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.softplus %{{[^ ,)]+}} {beta = 2.000000e+00, threshold = 1.000000e+01} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %u3 = lz.softplus %x {beta = 2.000000e+00, threshold = 1.000000e+01} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.logical_not %{{[^ ,)]+}} : (!lz.tensor<"n" x i1>) -> !lz.tensor<"n" x i1>
  %u4 = lz.logical_not %b : (!lz.tensor<"n" x i1>) -> !lz.tensor<"n" x i1>
  // CHECK: lz.bitwise_not %{{[^ ,)]+}} : (!lz.tensor<"n" x i1>) -> !lz.tensor<"n" x i1>
  %u5 = lz.bitwise_not %b : (!lz.tensor<"n" x i1>) -> !lz.tensor<"n" x i1>
  // CHECK: lz.is_nan %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %u6 = lz.is_nan %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.is_inf %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %u7 = lz.is_inf %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.cast %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x ui8>
  %u8 = lz.cast %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x ui8>
  lz.return
}
