// RUN: lazuli-opt %s --split-input-file --lz-const-eval | FileCheck %s

// What depends on parameters alone is computed once, by running it, and becomes
// a parameter; what depends on an input stays.
// CHECK: lz.parameter "[[FOLDED:.*]]" : !lz.tensor<3 x f32>
// CHECK-SAME: dense<[6.000000e+00, 1.000000e+01, 1.600000e+01]>
// CHECK-LABEL: lz.func @scale
// CHECK: %[[W:.*]] = lz.get_parameter "[[FOLDED]]"
// CHECK-NOT: lz.add
// CHECK: lz.mul %{{.*}}, %[[W]]
lz.parameter "a" : !lz.tensor<3 x f32> {value = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>}
lz.parameter "b" : !lz.tensor<3 x f32> {value = dense<[5.0, 8.0, 13.0]> : tensor<3xf32>}
lz.func @scale(%x: !lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x 3 x f32> {
  %a = lz.get_parameter "a" : !lz.tensor<3 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<3 x f32>
  %0 = lz.add %a, %b : (!lz.tensor<3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<3 x f32>
  %1 = lz.mul %x, %0 : (!lz.tensor<2 x 3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<2 x 3 x f32>
  lz.return %1 : !lz.tensor<2 x 3 x f32>
}

// -----

// A value that would only grow is made where it is used.
// CHECK-LABEL: lz.func @large
// CHECK: lz.full
// CHECK: lz.add
lz.func @large(%x: !lz.tensor<64 x 64 x f32>) -> !lz.tensor<64 x 64 x f32> {
  %0 = lz.full {shape = #lz.dims<64, 64>, value = 2.0} : () -> !lz.tensor<64 x 64 x f32>
  %1 = lz.add %x, %0 : (!lz.tensor<64 x 64 x f32>, !lz.tensor<64 x 64 x f32>) -> !lz.tensor<64 x 64 x f32>
  lz.return %1 : !lz.tensor<64 x 64 x f32>
}
