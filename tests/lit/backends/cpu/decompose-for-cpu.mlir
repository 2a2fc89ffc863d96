// RUN: lazuli-opt --split-input-file --lz-decompose-for-cpu %s | FileCheck %s

// The padding of a convolution becomes an op of its own.
// CHECK-LABEL: @padded
// CHECK: %[[PADDED:.*]] = lz.pad %{{.*}} {begin = [1], end = [2]} : (!lz.tensor<"n" x 3 x 8 x f32>) -> !lz.tensor<"n" x 3 x 11 x f32>
// CHECK: lz.conv %[[PADDED]], %{{.*}} pads_begin = [0], pads_end = [0]
lz.symbol "n" dynamic
lz.func @padded(%x: !lz.tensor<"n" x 3 x 8 x f32>, %w: !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 9 x f32> {
  %0 = lz.conv %x, %w {strides = [1], dilations = [1], pads_begin = [1], pads_end = [2]} : (!lz.tensor<"n" x 3 x 8 x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 9 x f32>
  lz.return %0 : !lz.tensor<"n" x 4 x 9 x f32>
}

// -----

// Channels that come last are not padded.
// CHECK-LABEL: @padded_channels_last
// CHECK: %[[PADDED:.*]] = lz.pad %{{.*}} {begin = [1, 0], end = [2, 0]} : (!lz.tensor<"n" x 8 x 3 x f32>) -> !lz.tensor<"n" x 11 x 3 x f32>
// CHECK: lz.conv %[[PADDED]], %{{.*}} {channels_last, {{.*}}pads_begin = [0], pads_end = [0]
lz.symbol "n" dynamic
lz.func @padded_channels_last(%x: !lz.tensor<"n" x 8 x 3 x f32>, %w: !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 9 x 4 x f32> {
  %0 = lz.conv %x, %w {channels_last, strides = [1], dilations = [1], pads_begin = [1], pads_end = [2]} : (!lz.tensor<"n" x 8 x 3 x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 9 x 4 x f32>
  lz.return %0 : !lz.tensor<"n" x 9 x 4 x f32>
}

// -----

// So does the padding of a maximum, with what no maximum is; of other pools not.
// CHECK-LABEL: @padded_pool
// CHECK: %[[PADDED:.*]] = lz.pad %{{.*}} {begin = [1, 0], end = [1, 0], value = 0xFFF0000000000000} : (!lz.tensor<1 x 8 x 3 x f32>) -> !lz.tensor<1 x 10 x 3 x f32>
// CHECK: lz.pool max %[[PADDED]] {channels_last, {{.*}}pads_begin = [0], pads_end = [0]
// CHECK: lz.pool avg %{{.*}} pads_begin = [1], pads_end = [1]
lz.func @padded_pool(%x: !lz.tensor<1 x 8 x 3 x f32>) -> !lz.tensor<1 x 4 x 3 x f32> {
  %0 = lz.pool max %x {channels_last, kernel = [3], strides = [1], dilations = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>) -> !lz.tensor<1 x 8 x 3 x f32>
  %1 = lz.pool avg %0 {channels_last, kernel = [3], strides = [2], dilations = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>) -> !lz.tensor<1 x 4 x 3 x f32>
  lz.return %1 : !lz.tensor<1 x 4 x 3 x f32>
}

// -----

// A convolution without padding stays.
// CHECK-LABEL: @plain
// CHECK-NOT: lz.pad
lz.func @plain(%x: !lz.tensor<1 x 3 x 8 x f32>, %w: !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<1 x 4 x 6 x f32> {
  %0 = lz.conv %x, %w {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<1 x 3 x 8 x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<1 x 4 x 6 x f32>
  lz.return %0 : !lz.tensor<1 x 4 x 6 x f32>
}
