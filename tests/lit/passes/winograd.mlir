// RUN: lazuli-opt %s --split-input-file --lz-winograd=always=true | FileCheck %s
// RUN: lazuli-opt %s --split-input-file --lz-winograd | FileCheck %s --check-prefix=UNASKED
// RUN: lazuli-opt %s --split-input-file --lz-winograd="always=true never=true" | FileCheck %s --check-prefix=NEVER
// RUN: lazuli-opt %s --split-input-file --lz-winograd=always=true --lz-fuse | FileCheck %s --check-prefix=JOIN

// Output channels that do not fill their blocks are filled up; without a bias nothing is added.
// CHECK-LABEL: lz.func @tail
// CHECK: %[[W:.*]] = lz.get_parameter "w"
// CHECK: %[[P:.*]] = lz.pad %[[W]] {{.*}} -> !lz.tensor<32 x 3 x 3 x 3 x f32>
// CHECK: %[[R:.*]] = lz.reshape %[[P]] {{.*}} -> !lz.tensor<2 x 16 x 3 x 3 x 3 x f32>
// CHECK: %[[T:.*]] = lz.transpose %[[R]] {perm = [0, 2, 3, 4, 1]} : {{.*}} -> !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>
// CHECK: %[[Y:.*]] = lz.conv_winograd %{{.*}}, %[[T]] {channels = 20, {{.*}}pads_begin = [1, 1], pads_end = [1, 1]}
// CHECK-NEXT: lz.return %[[Y]]
// UNASKED-LABEL: lz.func @tail
// UNASKED: lz.conv {{.*}}lz.direct = "no backend was asked"
// NEVER-LABEL: lz.func @tail
// NEVER: lz.conv {{.*}}lz.direct = "it is switched off"
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<20 x 3 x 3 x 3 x f32>
lz.func @tail(%x: !lz.tensor<"n" x 8 x 8 x 3 x f32>) -> !lz.tensor<"n" x 8 x 8 x 20 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<20 x 3 x 3 x 3 x f32>
  %0 = lz.conv %x, %w {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<20 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 8 x 8 x 20 x f32>
  lz.return %0 : !lz.tensor<"n" x 8 x 8 x 20 x f32>
}

// -----

// What the algorithm does not fit says why it stays.
// CHECK-LABEL: lz.func @others
// CHECK: lz.direct = "its kernel is not 3x3"
// CHECK: lz.direct = "its kernel is not 3x3"
// CHECK: lz.direct = "its strides and dilations are not 1"
// CHECK: lz.direct = "its strides and dilations are not 1"
// CHECK: lz.direct = "it has groups"
// CHECK: lz.direct = "its images are not (N, H, W, C)"
// CHECK: lz.direct = "its images are not (N, H, W, C)"
// CHECK: lz.direct = "its weights are computed in each run"
// CHECK-NOT: lz.conv_winograd
lz.parameter "one" : !lz.tensor<4 x 4 x 1 x 1 x f32>
lz.parameter "line" : !lz.tensor<4 x 4 x 3 x f32>
lz.parameter "three" : !lz.tensor<4 x 4 x 3 x 3 x f32>
lz.parameter "each" : !lz.tensor<4 x 1 x 3 x 3 x f32>
lz.func @others(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>, %l: !lz.tensor<1 x 8 x 4 x f32>, %y: !lz.tensor<1 x 4 x 8 x 8 x f32>, %z: !lz.tensor<8 x 8 x 4 x f32>, %v: !lz.tensor<4 x 4 x 3 x 3 x f32>) {
  %one = lz.get_parameter "one" : !lz.tensor<4 x 4 x 1 x 1 x f32>
  %line = lz.get_parameter "line" : !lz.tensor<4 x 4 x 3 x f32>
  %three = lz.get_parameter "three" : !lz.tensor<4 x 4 x 3 x 3 x f32>
  %each = lz.get_parameter "each" : !lz.tensor<4 x 1 x 3 x 3 x f32>
  %0 = lz.conv %x, %one {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %1 = lz.conv %l, %line {channels_last, dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 3 x f32>) -> !lz.tensor<1 x 6 x 4 x f32>
  %2 = lz.conv %x, %three {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<1 x 4 x 4 x 4 x f32>
  %3 = lz.conv %x, %three {channels_last, dilations = [1, 2], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 4 x 4 x f32>
  %4 = lz.conv %x, %each {channels_last, groups = 4, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 1 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 6 x 4 x f32>
  %5 = lz.conv %y, %three {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<1 x 4 x 6 x 6 x f32>
  %6 = lz.conv %z, %three {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<6 x 6 x 4 x f32>
  %7 = lz.conv %x, %v {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<1 x 6 x 6 x 4 x f32>
  lz.return
}

// -----

// Another element type.
// CHECK-LABEL: lz.func @double
// CHECK: lz.direct = "it is not f32"
lz.parameter "w" : !lz.tensor<4 x 4 x 3 x 3 x f64>
lz.func @double(%x: !lz.tensor<1 x 8 x 8 x 4 x f64>) {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 4 x 3 x 3 x f64>
  %0 = lz.conv %x, %w {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f64>, !lz.tensor<4 x 4 x 3 x 3 x f64>) -> !lz.tensor<1 x 6 x 6 x 4 x f64>
  lz.return
}

// -----

// Channels put side by side for the convolution alone are read where they are: the concatenation is
// in its region. One that others read, or along another axis, is made.
// JOIN-LABEL: lz.func @skip
// JOIN: lz.fused "cpu"(%{{.*}}, %{{.*}}, %{{.*}}) {lz.why = "a quarter
// JOIN-NEXT: ^bb0
// JOIN-NEXT: lz.concat
// JOIN-NEXT: lz.conv_winograd
// JOIN-NEXT: lz.yield
// JOIN: lz.fused "cpu"(%arg2)
// JOIN-NEXT: ^bb0
// JOIN-NEXT: lz.concat
// JOIN-NEXT: lz.yield
// JOIN: lz.fused "cpu"({{.*}}) {lz.why = "a quarter
// JOIN-NEXT: ^bb0
// JOIN-NEXT: lz.conv_winograd
lz.parameter "w" : !lz.tensor<16 x 7 x 3 x 3 x f32>
lz.func @skip(%x: !lz.tensor<1 x 8 x 8 x 3 x f32>, %y: !lz.tensor<1 x 8 x 8 x 4 x f32>, %z: !lz.tensor<1 x 8 x 8 x 7 x f32>) -> (!lz.tensor<1 x 8 x 8 x 16 x f32>, !lz.tensor<2 x 8 x 8 x 16 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<16 x 7 x 3 x 3 x f32>
  %c = lz.concat %x, %y {axis = 3} : (!lz.tensor<1 x 8 x 8 x 3 x f32>, !lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 8 x 8 x 7 x f32>
  %0 = lz.conv %c, %w {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 7 x f32>, !lz.tensor<16 x 7 x 3 x 3 x f32>) -> !lz.tensor<1 x 8 x 8 x 16 x f32>
  %d = lz.concat %z, %z {axis = 0} : (!lz.tensor<1 x 8 x 8 x 7 x f32>, !lz.tensor<1 x 8 x 8 x 7 x f32>) -> !lz.tensor<2 x 8 x 8 x 7 x f32>
  %1 = lz.conv %d, %w {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<2 x 8 x 8 x 7 x f32>, !lz.tensor<16 x 7 x 3 x 3 x f32>) -> !lz.tensor<2 x 8 x 8 x 16 x f32>
  lz.return %0, %1 : !lz.tensor<1 x 8 x 8 x 16 x f32>, !lz.tensor<2 x 8 x 8 x 16 x f32>
}
