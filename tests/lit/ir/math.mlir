// Functions of mathematics: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @math
lz.func @math(%x: !lz.tensor<"n" x 4 x f32>) {
  // CHECK: lz.exp %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %0 = lz.exp %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.exp2 %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %1 = lz.exp2 %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.expm1 %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %2 = lz.expm1 %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.log %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %3 = lz.log %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.log2 %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %4 = lz.log2 %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.log10 %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %5 = lz.log10 %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.log1p %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %6 = lz.log1p %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sqrt %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %7 = lz.sqrt %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.rsqrt %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %8 = lz.rsqrt %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.reciprocal %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %9 = lz.reciprocal %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sin %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %10 = lz.sin %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.cos %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %11 = lz.cos %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.tan %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %12 = lz.tan %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.asin %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %13 = lz.asin %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.acos %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %14 = lz.acos %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.atan %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %15 = lz.atan %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sinh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %16 = lz.sinh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.cosh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %17 = lz.cosh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.tanh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %18 = lz.tanh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.asinh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %19 = lz.asinh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.acosh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %20 = lz.acosh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.atanh %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %21 = lz.atanh %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.erf %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %22 = lz.erf %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.erfc %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %23 = lz.erfc %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return
}
