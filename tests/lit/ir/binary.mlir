// Elementwise ops of two and three operands: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @binary
lz.func @binary(%x: !lz.tensor<"n" x 4 x f32>, %v: !lz.tensor<4 x f32>, %i: !lz.tensor<* x i32>) {
  // CHECK: lz.add %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %0 = lz.add %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.sub %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %1 = lz.sub %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.mul %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %2 = lz.mul %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.div %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %3 = lz.div %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.floor_div %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %4 = lz.floor_div %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.mod %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %5 = lz.mod %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.fmod %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %6 = lz.fmod %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.pow %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %7 = lz.pow %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.max %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %8 = lz.max %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.min %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %9 = lz.min %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.atan2 %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %10 = lz.atan2 %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.and %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  %i0 = lz.and %i, %i : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  // CHECK: lz.or %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  %i1 = lz.or %i, %i : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  // CHECK: lz.xor %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  %i2 = lz.xor %i, %i : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  // CHECK: lz.shl %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  %i3 = lz.shl %i, %i : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  // CHECK: lz.shr %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  %i4 = lz.shr %i, %i : (!lz.tensor<* x i32>, !lz.tensor<* x i32>) -> !lz.tensor<* x i32>
  // CHECK: lz.eq %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c0 = lz.eq %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.ne %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c1 = lz.ne %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.lt %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c2 = lz.lt %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.le %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c3 = lz.le %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.gt %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c4 = lz.gt %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.ge %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  %c5 = lz.ge %x, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x i1>
  // CHECK: lz.select %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x i1>, !lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %s = lz.select %c0, %x, %v : (!lz.tensor<"n" x 4 x i1>, !lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return
}
