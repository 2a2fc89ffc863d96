// Matrix products: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @matmul
lz.func @matmul(%a: !lz.tensor<"n" x 2 x 3 x f32>, %b: !lz.tensor<3 x 4 x f32>, %w: !lz.tensor<4 x 3 x f32>, %v: !lz.tensor<4 x f32>) {
  // CHECK: lz.matmul %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  %0 = lz.matmul %a, %b : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  // CHECK: lz.linear %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  %1 = lz.linear %a, %w : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  // CHECK: lz.linear %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  %2 = lz.linear %a, %w, %v : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>
  lz.return
}
