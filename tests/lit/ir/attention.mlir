// Attention: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @attention
lz.func @attention(%q: !lz.tensor<"b" x "l" x 8 x f32>, %k: !lz.tensor<"b" x "s" x 8 x f32>, %m: !lz.tensor<"l" x "s" x i1>) {
  // CHECK: lz.attention %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"b" x "l" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>) -> !lz.tensor<"b" x "l" x 8 x f32>
  %0 = lz.attention %q, %k, %k : (!lz.tensor<"b" x "l" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>) -> !lz.tensor<"b" x "l" x 8 x f32>
  // CHECK: lz.attention %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {causal = true, scale = 1.250000e-01} : (!lz.tensor<"b" x "l" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"l" x "s" x i1>) -> !lz.tensor<"b" x "l" x 8 x f32>
  %1 = lz.attention %q, %k, %k, %m {causal = true, scale = 1.250000e-01} : (!lz.tensor<"b" x "l" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"b" x "s" x 8 x f32>, !lz.tensor<"l" x "s" x i1>) -> !lz.tensor<"b" x "l" x 8 x f32>
  lz.return
}
