// Normalization layers: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @normalization
lz.func @normalization(%x: !lz.tensor<"n" x "c" x 8 x f32>, %c: !lz.tensor<"c" x f32>, %e: !lz.tensor<8 x f32>) {
  // CHECK: lz.batch_norm %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %0 = lz.batch_norm %x, %c, %c : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.batch_norm %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} weights %{{[^ ,)]+}} bias %{{[^ ,)]+}} {eps = 5.000000e-01} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %1 = lz.batch_norm %x, %c, %c weights %c bias %c {eps = 5.000000e-01} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.batch_norm %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} bias %{{[^ ,)]+}} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %2 = lz.batch_norm %x, %c, %c bias %c : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.layer_norm %{{[^ ,)]+}} weights %{{[^ ,)]+}} bias %{{[^ ,)]+}} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %3 = lz.layer_norm %x weights %e bias %e : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.layer_norm %{{[^ ,)]+}} {axes_count = 2} : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %4 = lz.layer_norm %x {axes_count = 2} : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.rms_norm %{{[^ ,)]+}} weights %{{[^ ,)]+}} {eps = 1.250000e-01} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %5 = lz.rms_norm %x weights %e {eps = 1.250000e-01} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.rms_norm %{{[^ ,)]+}} : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %6 = lz.rms_norm %x : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.group_norm %{{[^ ,)]+}} weights %{{[^ ,)]+}} bias %{{[^ ,)]+}} {groups = 2} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %7 = lz.group_norm %x weights %c bias %c {groups = 2} : (!lz.tensor<"n" x "c" x 8 x f32>, !lz.tensor<"c" x f32>, !lz.tensor<"c" x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  // CHECK: lz.group_norm %{{[^ ,)]+}} {eps = 0.000000e+00, groups = 0} : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  %8 = lz.group_norm %x {eps = 0.000000e+00, groups = 0} : (!lz.tensor<"n" x "c" x 8 x f32>) -> !lz.tensor<"n" x "c" x 8 x f32>
  lz.return
}
