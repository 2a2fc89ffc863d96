// RUN: lazuli-opt %s --lz-const-eval | FileCheck %s

// What two functions compute alike is kept once, and so is what a border of zeros lets grow
// a little.
// CHECK-NOT: lz.parameter "w"
// CHECK-DAG: lz.parameter "[[SUM:.*]]" : !lz.tensor<16 x 32 x f32>
// CHECK-DAG: lz.parameter "[[PADDED:.*]]" : !lz.tensor<24 x 32 x f32>
// CHECK-NOT: lz.parameter
// CHECK-LABEL: lz.func @first
// CHECK-DAG: lz.get_parameter "[[SUM]]"
// CHECK-DAG: lz.get_parameter "[[PADDED]]"
// CHECK-LABEL: lz.func @second
// CHECK: lz.get_parameter "[[SUM]]"
lz.parameter "w" : !lz.tensor<16 x 32 x f32> {value = dense<1.0> : tensor<16x32xf32>}
lz.func @first(%x: !lz.tensor<16 x 32 x f32>, %y: !lz.tensor<24 x 32 x f32>) -> (!lz.tensor<16 x 32 x f32>, !lz.tensor<24 x 32 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<16 x 32 x f32>
  %0 = lz.add %w, %w : (!lz.tensor<16 x 32 x f32>, !lz.tensor<16 x 32 x f32>) -> !lz.tensor<16 x 32 x f32>
  %1 = lz.add %x, %0 : (!lz.tensor<16 x 32 x f32>, !lz.tensor<16 x 32 x f32>) -> !lz.tensor<16 x 32 x f32>
  %2 = lz.pad %w {begin = [0, 0], end = [8, 0]} : (!lz.tensor<16 x 32 x f32>) -> !lz.tensor<24 x 32 x f32>
  %3 = lz.add %y, %2 : (!lz.tensor<24 x 32 x f32>, !lz.tensor<24 x 32 x f32>) -> !lz.tensor<24 x 32 x f32>
  lz.return %1, %3 : !lz.tensor<16 x 32 x f32>, !lz.tensor<24 x 32 x f32>
}
lz.func @second(%x: !lz.tensor<16 x 32 x f32>) -> !lz.tensor<16 x 32 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<16 x 32 x f32>
  %0 = lz.add %w, %w : (!lz.tensor<16 x 32 x f32>, !lz.tensor<16 x 32 x f32>) -> !lz.tensor<16 x 32 x f32>
  %1 = lz.mul %x, %0 : (!lz.tensor<16 x 32 x f32>, !lz.tensor<16 x 32 x f32>) -> !lz.tensor<16 x 32 x f32>
  lz.return %1 : !lz.tensor<16 x 32 x f32>
}
