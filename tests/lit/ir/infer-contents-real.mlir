// Contents by way of floats, of any rank, and of parameters.
// RUN: lazuli-opt %s --split-input-file --lz-infer-shapes | FileCheck %s

// Sizes scaled by floats and rounded, as a resize does.
// CHECK-LABEL: @scaled
// CHECK-SAME: -> (!lz.tensor<[2*n] x 6 x f32>, !lz.tensor<[n + floordiv(n, 2)] x 3 x f32>)
lz.func @scaled(%x: !lz.tensor<"n" x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  %s = lz.shape_of %x : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<2 x i64>
  %f = lz.cast %s : (!lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  %a = lz.constant dense<[2.0, 1.5]> : tensor<2xf32>
  %b = lz.constant dense<[1.5, 0.75]> : tensor<2xf32>
  %fa = lz.mul %f, %a : (!lz.tensor<* x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32>
  %fb = lz.mul %f, %b : (!lz.tensor<* x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32>
  %fl = lz.floor %fb : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  %ia = lz.cast %fa : (!lz.tensor<* x f32>) -> !lz.tensor<* x i64>
  %ib = lz.cast %fl : (!lz.tensor<* x f32>) -> !lz.tensor<* x i64>
  %one = lz.full {shape = #lz.dims<1, 1>, value = 1.0} : () -> !lz.tensor<1 x 1 x f32>
  %y = lz.expand_like %one, %ia : (!lz.tensor<1 x 1 x f32>, !lz.tensor<* x i64>) -> !lz.tensor<* x f32>
  %z = lz.expand_like %one, %ib : (!lz.tensor<1 x 1 x f32>, !lz.tensor<* x i64>) -> !lz.tensor<* x f32>
  lz.return %y, %z : !lz.tensor<* x f32>, !lz.tensor<* x f32>
}

// -----

// Contents of any rank: pads as torch writes them, reversed pair by pair.
// CHECK-LABEL: @matrix
// CHECK-SAME: -> !lz.tensor<3 x 4 x 1 x 2 x f32>
lz.func @matrix() -> !lz.tensor<* x f32> {
  %p = lz.constant dense<[1, 2, 3, 4]> : tensor<4xi64>
  %m = lz.reshape %p {shape = #lz.dims<2, 2>} : (!lz.tensor<4 x i64>) -> !lz.tensor<* x i64>
  %f = lz.slice %m {axis = 0, begin = #lz.dim<-1>, end = #lz.dim<-9223372036854775808>, step = -1} : (!lz.tensor<* x i64>) -> !lz.tensor<* x i64>
  %r = lz.reshape %f {shape = #lz.dims<-1>} : (!lz.tensor<* x i64>) -> !lz.tensor<* x i64>
  %one = lz.full {shape = #lz.dims<1>, value = 1.0} : () -> !lz.tensor<1 x f32>
  %y = lz.expand_like %one, %r : (!lz.tensor<1 x f32>, !lz.tensor<* x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// CHECK-LABEL: @transposed
// CHECK-SAME: -> !lz.tensor<1 x 3 x 2 x 4 x f32>
lz.func @transposed() -> !lz.tensor<* x f32> {
  %m = lz.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi64>
  %t = lz.transpose %m {perm = [1, 0]} : (!lz.tensor<2 x 2 x i64>) -> !lz.tensor<* x i64>
  %r = lz.reshape %t {shape = #lz.dims<-1>} : (!lz.tensor<* x i64>) -> !lz.tensor<* x i64>
  %one = lz.full {shape = #lz.dims<1>, value = 1.0} : () -> !lz.tensor<1 x f32>
  %y = lz.expand_like %one, %r : (!lz.tensor<1 x f32>, !lz.tensor<* x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// A small parameter with a value.
// CHECK-LABEL: @parameter
// CHECK-SAME: -> !lz.tensor<3 x 2 x f32>
module @module {
lz.parameter "shape" : !lz.tensor<2 x i64> {value = dense<[3, 2]> : tensor<2xi64>}
lz.func @parameter() -> !lz.tensor<* x f32> {
  %s = lz.get_parameter "shape" : !lz.tensor<2 x i64>
  %one = lz.full {shape = #lz.dims<1>, value = 1.0} : () -> !lz.tensor<1 x f32>
  %y = lz.expand_like %one, %s : (!lz.tensor<1 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
}
