// RUN: lazuli-opt %s --split-input-file --lz-depthwise=always=true | FileCheck %s
// RUN: lazuli-opt %s --split-input-file --lz-depthwise | FileCheck %s --check-prefix=UNASKED

// The bounds that follow are part of the op, in any order and through several ops; a bias is its
// operand.
// CHECK-LABEL: lz.func @bounds
// CHECK: %[[W:.*]] = lz.get_parameter "w"
// CHECK: %[[R:.*]] = lz.reshape %[[W]] {{.*}} -> !lz.tensor<32 x 3 x 5 x f32>
// CHECK: %[[T:.*]] = lz.transpose %[[R]] {perm = [1, 2, 0]} : {{.*}} -> !lz.tensor<3 x 5 x 32 x f32>
// CHECK: %[[Y:.*]] = lz.conv_depthwise %{{.*}}, %[[T]], %{{.*}} {dilations = [1, 2], high = 6.000000e+00, low = 0.000000e+00, {{.*}}pads_begin = [1, 1], pads_end = [1, 2], strides = [2, 1]}
// CHECK-NEXT: lz.return %[[Y]]
// UNASKED-LABEL: lz.func @bounds
// UNASKED: lz.conv
// UNASKED-NOT: lz.conv_depthwise
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<32 x 1 x 3 x 5 x f32>
lz.parameter "b" : !lz.tensor<32 x f32>
lz.func @bounds(%x: !lz.tensor<"n" x 8 x 8 x 32 x f32>) -> !lz.tensor<"n" x 4 x 3 x 32 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<32 x 1 x 3 x 5 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<32 x f32>
  %low = lz.constant dense<-1.0> : tensor<f32>
  %high = lz.constant dense<6.0> : tensor<f32>
  %0 = lz.conv %x, %w, %b {channels_last, groups = 32, dilations = [1, 2], pads_begin = [1, 1], pads_end = [1, 2], strides = [2, 1]} : (!lz.tensor<"n" x 8 x 8 x 32 x f32>, !lz.tensor<32 x 1 x 3 x 5 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<"n" x 4 x 3 x 32 x f32>
  %1 = lz.max %low, %0 : (!lz.tensor<f32>, !lz.tensor<"n" x 4 x 3 x 32 x f32>) -> !lz.tensor<"n" x 4 x 3 x 32 x f32>
  %2 = lz.min %1, %high : (!lz.tensor<"n" x 4 x 3 x 32 x f32>, !lz.tensor<f32>) -> !lz.tensor<"n" x 4 x 3 x 32 x f32>
  %3 = lz.relu %2 : (!lz.tensor<"n" x 4 x 3 x 32 x f32>) -> !lz.tensor<"n" x 4 x 3 x 32 x f32>
  lz.return %3 : !lz.tensor<"n" x 4 x 3 x 32 x f32>
}

// -----

// Bounds that cross, and of what others read, stay.
// CHECK-LABEL: lz.func @stay
// CHECK: %[[A:.*]] = lz.conv_depthwise {{.*}}{dilations = [1, 1], low = 1.000000e+00,
// CHECK: %[[B:.*]] = lz.min %[[A]]
// CHECK: %[[C:.*]] = lz.conv_depthwise %{{.*}} {dilations = [1, 1], lz.why
// CHECK: %[[D:.*]] = lz.relu %[[C]]
// CHECK: lz.return %[[B]], %[[C]], %[[D]]
lz.parameter "w" : !lz.tensor<4 x 1 x 1 x 1 x f32>
lz.func @stay(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>) -> (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<1 x 8 x 8 x 4 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 1 x 1 x 1 x f32>
  %one = lz.constant dense<1.0> : tensor<f32>
  %none = lz.constant dense<0.0> : tensor<f32>
  %0 = lz.conv %x, %w {channels_last, groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 1 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %1 = lz.max %0, %one : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %2 = lz.min %1, %none : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %3 = lz.conv %x, %w {channels_last, groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 1 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %4 = lz.relu %3 : (!lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  lz.return %2, %3, %4 : !lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<1 x 8 x 8 x 4 x f32>
}

// -----

// What the op cannot say: a free width, two results per channel, groups of two, images with the
// channels before them, weights of a run.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.conv_depthwise
// CHECK: lz.return
lz.symbol "w" dynamic
lz.parameter "each" : !lz.tensor<4 x 1 x 3 x 3 x f32>
lz.parameter "twice" : !lz.tensor<8 x 1 x 3 x 3 x f32>
lz.parameter "pairs" : !lz.tensor<4 x 2 x 3 x 3 x f32>
lz.func @others(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>, %f: !lz.tensor<1 x 8 x "w" x 4 x f32>, %y: !lz.tensor<1 x 4 x 8 x 8 x f32>, %v: !lz.tensor<4 x 1 x 3 x 3 x f32>) {
  %each = lz.get_parameter "each" : !lz.tensor<4 x 1 x 3 x 3 x f32>
  %twice = lz.get_parameter "twice" : !lz.tensor<8 x 1 x 3 x 3 x f32>
  %pairs = lz.get_parameter "pairs" : !lz.tensor<4 x 2 x 3 x 3 x f32>
  %0 = lz.conv %f, %each {channels_last, groups = 4, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<1 x 8 x "w" x 4 x f32>, !lz.tensor<4 x 1 x 3 x 3 x f32>) -> !lz.tensor<1 x 8 x "w" x 4 x f32>
  %1 = lz.conv %x, %twice {channels_last, groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<8 x 1 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 6 x 8 x f32>
  %2 = lz.conv %x, %pairs {channels_last, groups = 2, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 2 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 6 x 4 x f32>
  %3 = lz.conv %y, %each {groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 1 x 3 x 3 x f32>) -> !lz.tensor<1 x 4 x 6 x 6 x f32>
  %4 = lz.conv %x, %v {channels_last, groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 1 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 6 x 4 x f32>
  lz.return
}
