// RUN: lazuli-opt %s --split-input-file --lz-canonicalize --cse --lz-recognize | FileCheck %s

// Layer norm as older exporters write it: the square as a power, weights behind.
// CHECK-LABEL: lz.func @layer_norm
// CHECK: %[[Y:.*]] = lz.layer_norm %arg0 weights %arg1 bias %arg2 {eps =
// CHECK-NEXT: lz.return %[[Y]]
lz.symbol "n" dynamic {min = 1}
lz.func @layer_norm(%x: !lz.tensor<"n" x 8 x f32>, %w: !lz.tensor<8 x f32>, %b: !lz.tensor<8 x f32>) -> !lz.tensor<"n" x 8 x f32> {
  %two = lz.constant dense<2.0> : tensor<f32>
  %eps = lz.constant dense<1.0e-5> : tensor<f32>
  %0 = lz.reduce mean %x {axes = [-1], keep_dims = true} : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %1 = lz.sub %x, %0 : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 8 x f32>
  %2 = lz.pow %1, %two : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<f32>) -> !lz.tensor<"n" x 8 x f32>
  %3 = lz.reduce mean %2 {axes = [-1], keep_dims = true} : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %4 = lz.add %3, %eps : (!lz.tensor<"n" x 1 x f32>, !lz.tensor<f32>) -> !lz.tensor<"n" x 1 x f32>
  %5 = lz.sqrt %4 : (!lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %6 = lz.div %1, %5 : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 8 x f32>
  %7 = lz.mul %6, %w : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x 8 x f32>
  %8 = lz.add %7, %b : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<"n" x 8 x f32>
  lz.return %8 : !lz.tensor<"n" x 8 x f32>
}

// -----

// The mean over another axis than the variance: no norm.
// CHECK-LABEL: lz.func @other_axes
// CHECK-NOT: lz.layer_norm
// CHECK: lz.return
lz.func @other_axes(%x: !lz.tensor<8 x 8 x f32>) -> !lz.tensor<8 x 8 x f32> {
  %eps = lz.constant dense<1.0e-5> : tensor<f32>
  %0 = lz.reduce mean %x {axes = [0], keep_dims = true} : (!lz.tensor<8 x 8 x f32>) -> !lz.tensor<1 x 8 x f32>
  %1 = lz.sub %x, %0 : (!lz.tensor<8 x 8 x f32>, !lz.tensor<1 x 8 x f32>) -> !lz.tensor<8 x 8 x f32>
  %2 = lz.mul %1, %1 : (!lz.tensor<8 x 8 x f32>, !lz.tensor<8 x 8 x f32>) -> !lz.tensor<8 x 8 x f32>
  %3 = lz.reduce mean %2 {axes = [0], keep_dims = true} : (!lz.tensor<8 x 8 x f32>) -> !lz.tensor<1 x 8 x f32>
  %4 = lz.add %3, %eps : (!lz.tensor<1 x 8 x f32>, !lz.tensor<f32>) -> !lz.tensor<1 x 8 x f32>
  %5 = lz.sqrt %4 : (!lz.tensor<1 x 8 x f32>) -> !lz.tensor<1 x 8 x f32>
  %6 = lz.div %1, %5 : (!lz.tensor<8 x 8 x f32>, !lz.tensor<1 x 8 x f32>) -> !lz.tensor<8 x 8 x f32>
  lz.return %6 : !lz.tensor<8 x 8 x f32>
}

// -----

// RMS norm, the root as a power; a weight of another shape stays outside.
// CHECK-LABEL: lz.func @rms_norm
// CHECK: %[[N:.*]] = lz.rms_norm %arg0 weights %arg1 {eps =
// CHECK: lz.mul %[[N]], %arg2
lz.func @rms_norm(%x: !lz.tensor<2 x 8 x f32>, %w: !lz.tensor<8 x f32>, %s: !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32> {
  %eps = lz.constant dense<1.0e-6> : tensor<f32>
  %power = lz.constant dense<-0.5> : tensor<f32>
  %0 = lz.mul %x, %x : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 8 x f32>
  %1 = lz.reduce mean %0 {axes = [-1], keep_dims = true} : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 1 x f32>
  %2 = lz.add %1, %eps : (!lz.tensor<2 x 1 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 1 x f32>
  %3 = lz.pow %2, %power : (!lz.tensor<2 x 1 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 1 x f32>
  %4 = lz.mul %x, %3 : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32>
  %5 = lz.mul %w, %4 : (!lz.tensor<8 x f32>, !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 8 x f32>
  %6 = lz.mul %5, %s : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32>
  lz.return %6 : !lz.tensor<2 x 8 x f32>
}

// -----

// Group norm by an instance norm between reshapes.
// CHECK-LABEL: lz.func @group_norm
// CHECK: %[[W:.*]] = lz.reshape %arg1 {shape = #lz.dims<6>}
// CHECK: %[[B:.*]] = lz.reshape %arg2 {shape = #lz.dims<6>}
// CHECK: %[[Y:.*]] = lz.group_norm %arg0 weights %[[W]] bias %[[B]] {{.*}}groups = 2
// CHECK-NEXT: lz.return %[[Y]]
lz.func @group_norm(%x: !lz.tensor<2 x 6 x 4 x 4 x f32>, %w: !lz.tensor<6 x 1 x 1 x f32>, %b: !lz.tensor<6 x 1 x 1 x f32>) -> !lz.tensor<2 x 6 x 4 x 4 x f32> {
  %ones = lz.constant dense<1.0> : tensor<2xf32>
  %zeros = lz.constant dense<0.0> : tensor<2xf32>
  %0 = lz.reshape %x {shape = #lz.dims<2, 2, 48>} : (!lz.tensor<2 x 6 x 4 x 4 x f32>) -> !lz.tensor<2 x 2 x 48 x f32>
  %1 = lz.group_norm %0 weights %ones bias %zeros {groups = 0} : (!lz.tensor<2 x 2 x 48 x f32>, !lz.tensor<2 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<2 x 2 x 48 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<2, 6, 4, 4>} : (!lz.tensor<2 x 2 x 48 x f32>) -> !lz.tensor<2 x 6 x 4 x 4 x f32>
  %3 = lz.mul %2, %w : (!lz.tensor<2 x 6 x 4 x 4 x f32>, !lz.tensor<6 x 1 x 1 x f32>) -> !lz.tensor<2 x 6 x 4 x 4 x f32>
  %4 = lz.add %3, %b : (!lz.tensor<2 x 6 x 4 x 4 x f32>, !lz.tensor<6 x 1 x 1 x f32>) -> !lz.tensor<2 x 6 x 4 x 4 x f32>
  lz.return %4 : !lz.tensor<2 x 6 x 4 x 4 x f32>
}

// -----

// Softmax in its parts. Without the greatest element subtracted it would overflow
// where this did not: that one stays.
// CHECK-LABEL: lz.func @softmax
// CHECK: lz.softmax %arg0 {axis = 1}
// CHECK: lz.exp
lz.func @softmax(%x: !lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 8 x f32> {
  %0 = lz.reduce max %x {axes = [-1], keep_dims = true} : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 1 x f32>
  %1 = lz.sub %x, %0 : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32>
  %2 = lz.exp %1 : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 8 x f32>
  %3 = lz.reduce sum %2 {axes = [1], keep_dims = true} : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 1 x f32>
  %4 = lz.div %2, %3 : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32>
  %5 = lz.exp %4 : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 8 x f32>
  %6 = lz.reduce sum %5 {axes = [1], keep_dims = true} : (!lz.tensor<2 x 8 x f32>) -> !lz.tensor<2 x 1 x f32>
  %7 = lz.div %5, %6 : (!lz.tensor<2 x 8 x f32>, !lz.tensor<2 x 1 x f32>) -> !lz.tensor<2 x 8 x f32>
  lz.return %7 : !lz.tensor<2 x 8 x f32>
}
