// RUN: lazuli-opt %s --split-input-file --lz-conv-panels=always=true | FileCheck %s
// RUN: lazuli-opt %s --split-input-file --lz-conv-panels | FileCheck %s --check-prefix=UNASKED
// RUN: lazuli-opt %s --split-input-file --lz-conv-panels=always=true --lz-fuse | FileCheck %s --check-prefix=FUSE

// Panels of 48 of 96 output channels, each with its taps and channels in the order of the image;
// then the bias; one kernel with what follows.
// CHECK-LABEL: lz.func @image
// CHECK: %[[R:.*]] = lz.reshape %{{.*}} -> !lz.tensor<2 x 48 x 3 x 7 x 5 x f32>
// CHECK: %[[T:.*]] = lz.transpose %[[R]] {perm = [0, 3, 4, 2, 1]} : {{.*}} -> !lz.tensor<2 x 7 x 5 x 3 x 48 x f32>
// CHECK: %[[P:.*]] = lz.conv_panels %{{.*}}, %[[T]] {lz.why = "weights in panels of 48 output channels", pads_begin = [3, 2], pads_end = [2, 2], strides = [2, 1]}
// CHECK: %[[S:.*]] = lz.add %[[P]]
// CHECK: lz.relu %[[S]]
// UNASKED-LABEL: lz.func @image
// UNASKED: lz.conv
// UNASKED-NOT: lz.conv_panels
// FUSE-LABEL: lz.func @image
// FUSE: lz.fused "cpu"({{.*}}) {lz.why = "weights in panels of 48 output channels"}
// FUSE: lz.conv_panels
// FUSE: lz.add
// FUSE: lz.relu
// FUSE-NEXT: lz.yield
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<96 x 3 x 7 x 5 x f32>
lz.parameter "b" : !lz.tensor<96 x f32>
lz.func @image(%x: !lz.tensor<"n" x 16 x 16 x 3 x f32>) -> !lz.tensor<"n" x 8 x 16 x 96 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<96 x 3 x 7 x 5 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<96 x f32>
  %0 = lz.conv %x, %w, %b {channels_last, dilations = [1, 1], pads_begin = [3, 2], pads_end = [2, 2], strides = [2, 1]} : (!lz.tensor<"n" x 16 x 16 x 3 x f32>, !lz.tensor<96 x 3 x 7 x 5 x f32>, !lz.tensor<96 x f32>) -> !lz.tensor<"n" x 8 x 16 x 96 x f32>
  %1 = lz.relu %0 : (!lz.tensor<"n" x 8 x 16 x 96 x f32>) -> !lz.tensor<"n" x 8 x 16 x 96 x f32>
  lz.return %1 : !lz.tensor<"n" x 8 x 16 x 96 x f32>
}

// -----

// What has no such form: channels before the image, dilations, groups, output channels that fill
// no vector, no batch, weights of a run.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.conv_panels
// CHECK: lz.return
lz.parameter "w" : !lz.tensor<16 x 4 x 3 x f32>
lz.parameter "few" : !lz.tensor<24 x 4 x 3 x f32>
lz.parameter "pairs" : !lz.tensor<16 x 2 x 3 x f32>
lz.func @others(%x: !lz.tensor<1 x 8 x 4 x f32>, %y: !lz.tensor<1 x 4 x 8 x f32>, %z: !lz.tensor<8 x 4 x f32>, %v: !lz.tensor<16 x 4 x 3 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<16 x 4 x 3 x f32>
  %few = lz.get_parameter "few" : !lz.tensor<24 x 4 x 3 x f32>
  %pairs = lz.get_parameter "pairs" : !lz.tensor<16 x 2 x 3 x f32>
  %0 = lz.conv %y, %w {dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 4 x 8 x f32>, !lz.tensor<16 x 4 x 3 x f32>) -> !lz.tensor<1 x 16 x 6 x f32>
  %1 = lz.conv %x, %w {channels_last, dilations = [2], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<16 x 4 x 3 x f32>) -> !lz.tensor<1 x 4 x 16 x f32>
  %2 = lz.conv %x, %pairs {channels_last, groups = 2, dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<16 x 2 x 3 x f32>) -> !lz.tensor<1 x 6 x 16 x f32>
  %3 = lz.conv %x, %few {channels_last, dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<24 x 4 x 3 x f32>) -> !lz.tensor<1 x 6 x 24 x f32>
  %4 = lz.conv %z, %w {channels_last, dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<8 x 4 x f32>, !lz.tensor<16 x 4 x 3 x f32>) -> !lz.tensor<6 x 16 x f32>
  %5 = lz.conv %x, %v {channels_last, dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<16 x 4 x 3 x f32>) -> !lz.tensor<1 x 6 x 16 x f32>
  lz.return
}
