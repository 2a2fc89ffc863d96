// RUN: lazuli-opt %s --split-input-file --lz-pointwise=always=true | FileCheck %s
// RUN: lazuli-opt %s --split-input-file --lz-pointwise | FileCheck %s --check-prefix=UNASKED
// RUN: lazuli-opt %s --split-input-file --lz-pointwise=always=true --lz-fuse | FileCheck %s --check-prefix=FUSE

// A product with the transposed weights, then the bias; one kernel with what follows.
// CHECK-LABEL: lz.func @bias
// CHECK: %[[R:.*]] = lz.reshape %{{.*}} -> !lz.tensor<32 x 16 x f32>
// CHECK: %[[T:.*]] = lz.transpose %[[R]] {perm = [1, 0]} : {{.*}} -> !lz.tensor<16 x 32 x f32>
// CHECK: %[[P:.*]] = lz.matmul %{{.*}}, %[[T]] {lz.why = "weights with outputs side by side
// CHECK: %[[S:.*]] = lz.add %[[P]]
// CHECK: lz.relu %[[S]]
// UNASKED-LABEL: lz.func @bias
// UNASKED: lz.conv
// UNASKED-NOT: lz.matmul
// FUSE-LABEL: lz.func @bias
// FUSE: lz.fused "cpu"({{.*}}) {lz.why = "weights with outputs side by side
// FUSE: lz.matmul
// FUSE: lz.add
// FUSE: lz.relu
// FUSE-NEXT: lz.yield
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
lz.parameter "b" : !lz.tensor<32 x f32>
lz.func @bias(%x: !lz.tensor<"n" x 8 x 8 x 16 x f32>) -> !lz.tensor<"n" x 8 x 8 x 32 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<32 x 16 x 1 x 1 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<32 x f32>
  %0 = lz.conv %x, %w, %b {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 16 x f32>, !lz.tensor<32 x 16 x 1 x 1 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<"n" x 8 x 8 x 32 x f32>
  %1 = lz.relu %0 : (!lz.tensor<"n" x 8 x 8 x 32 x f32>) -> !lz.tensor<"n" x 8 x 8 x 32 x f32>
  lz.return %1 : !lz.tensor<"n" x 8 x 8 x 32 x f32>
}

// -----

// What is no product of the image: strides, padding, larger kernels, channels before the image,
// groups, weights of a run.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.matmul
// CHECK: lz.return
lz.parameter "one" : !lz.tensor<4 x 4 x 1 x 1 x f32>
lz.parameter "line" : !lz.tensor<4 x 4 x 1 x 3 x f32>
lz.parameter "pairs" : !lz.tensor<4 x 2 x 1 x 1 x f32>
lz.func @others(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>, %y: !lz.tensor<1 x 4 x 8 x 8 x f32>, %v: !lz.tensor<4 x 4 x 1 x 1 x f32>) {
  %one = lz.get_parameter "one" : !lz.tensor<4 x 4 x 1 x 1 x f32>
  %line = lz.get_parameter "line" : !lz.tensor<4 x 4 x 1 x 3 x f32>
  %pairs = lz.get_parameter "pairs" : !lz.tensor<4 x 2 x 1 x 1 x f32>
  %0 = lz.conv %x, %one {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 4 x f32>
  %1 = lz.conv %x, %one {channels_last, dilations = [1, 1], pads_begin = [0, 1], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 9 x 4 x f32>
  %2 = lz.conv %x, %line {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 1 x 3 x f32>) -> !lz.tensor<1 x 8 x 6 x 4 x f32>
  %3 = lz.conv %y, %one {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %4 = lz.conv %x, %pairs {channels_last, groups = 2, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 2 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %5 = lz.conv %x, %v {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  lz.return
}

// -----

// Few outputs are summed along the inputs, with the weights as they are.
// CHECK-LABEL: lz.func @head
// CHECK: %[[R:.*]] = lz.reshape %{{.*}} -> !lz.tensor<2 x 32 x f32>
// CHECK: lz.linear %{{.*}}, %[[R]], %{{.*}} {lz.why = "few outputs, summed along many inputs
// CHECK-NOT: lz.conv
// UNASKED-LABEL: lz.func @head
// UNASKED: lz.conv
lz.parameter "w" : !lz.tensor<2 x 32 x 1 x 1 x f32>
lz.parameter "b" : !lz.tensor<2 x f32>
lz.func @head(%x: !lz.tensor<1 x 8 x 8 x 32 x f32>) -> !lz.tensor<1 x 8 x 8 x 2 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<2 x 32 x 1 x 1 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<2 x f32>
  %0 = lz.conv %x, %w, %b {channels_last, dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 32 x f32>, !lz.tensor<2 x 32 x 1 x 1 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<1 x 8 x 8 x 2 x f32>
  lz.return %0 : !lz.tensor<1 x 8 x 8 x 2 x f32>
}

// -----

// Windows side by side: a matrix for each row of taps, whose axis stands between rows and columns of
// the image; a bias for each position along the row.
// CHECK-LABEL: lz.func @windows
// CHECK: %[[I:.*]] = lz.reshape %{{.*}} -> !lz.tensor<"n" x 5 x 1 x 6 x 8 x f32>
// CHECK: %[[T:.*]] = lz.transpose %{{.*}} {perm = [2, 0, 3, 1]} : {{.*}} -> !lz.tensor<2 x 8 x 3 x 16 x f32>
// CHECK: %[[M:.*]] = lz.reshape %[[T]] {{.*}} -> !lz.tensor<2 x 8 x 48 x f32>
// CHECK: %[[P:.*]] = lz.matmul %[[I]], %[[M]] {lz.why = "its windows lie side by side
// CHECK-SAME: -> !lz.tensor<"n" x 5 x 2 x 6 x 48 x f32>
// CHECK: %[[E:.*]] = lz.expand %{{.*}} -> !lz.tensor<3 x 16 x f32>
// CHECK: %[[B:.*]] = lz.reshape %[[E]] {{.*}} -> !lz.tensor<48 x f32>
// CHECK: %[[S:.*]] = lz.add %[[P]], %[[B]]
// CHECK: lz.reshape %[[S]] {{.*}} -> !lz.tensor<"n" x 10 x 18 x 16 x f32>
// UNASKED-LABEL: lz.func @windows
// UNASKED: lz.conv_transpose
// FUSE-LABEL: lz.func @windows
// FUSE: lz.fused "cpu"({{.*}}) {lz.why = "its windows lie side by side
// FUSE: lz.matmul
// FUSE: lz.add
// FUSE-NEXT: lz.yield
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<8 x 16 x 2 x 3 x f32>
lz.parameter "b" : !lz.tensor<16 x f32>
lz.func @windows(%x: !lz.tensor<"n" x 5 x 6 x 8 x f32>) -> !lz.tensor<"n" x 10 x 18 x 16 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<8 x 16 x 2 x 3 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<16 x f32>
  %0 = lz.conv_transpose %x, %w, %b {channels_last, dilations = [1, 1], output_padding = [0, 0], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 3]} : (!lz.tensor<"n" x 5 x 6 x 8 x f32>, !lz.tensor<8 x 16 x 2 x 3 x f32>, !lz.tensor<16 x f32>) -> !lz.tensor<"n" x 10 x 18 x 16 x f32>
  lz.return %0 : !lz.tensor<"n" x 10 x 18 x 16 x f32>
}

// -----

// One axis is one matrix, of three axes two have one.
// CHECK-LABEL: lz.func @axes
// CHECK: lz.matmul {{.*}} : (!lz.tensor<5 x 8 x f32>, !lz.tensor<8 x 48 x f32>) -> !lz.tensor<5 x 48 x f32>
// CHECK: lz.matmul {{.*}} : (!lz.tensor<1 x 3 x 1 x 4 x 1 x 5 x 8 x f32>, !lz.tensor<2 x 1 x 3 x 8 x 32 x f32>) -> !lz.tensor<1 x 3 x 2 x 4 x 3 x 5 x 32 x f32>
lz.parameter "line" : !lz.tensor<8 x 16 x 3 x f32>
lz.parameter "box" : !lz.tensor<8 x 16 x 2 x 3 x 2 x f32>
lz.func @axes(%x: !lz.tensor<5 x 8 x f32>, %y: !lz.tensor<1 x 3 x 4 x 5 x 8 x f32>) -> (!lz.tensor<15 x 16 x f32>, !lz.tensor<1 x 6 x 12 x 10 x 16 x f32>) {
  %line = lz.get_parameter "line" : !lz.tensor<8 x 16 x 3 x f32>
  %box = lz.get_parameter "box" : !lz.tensor<8 x 16 x 2 x 3 x 2 x f32>
  %0 = lz.conv_transpose %x, %line {channels_last, dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [3]} : (!lz.tensor<5 x 8 x f32>, !lz.tensor<8 x 16 x 3 x f32>) -> !lz.tensor<15 x 16 x f32>
  %1 = lz.conv_transpose %y, %box {channels_last, dilations = [1, 1, 1], output_padding = [0, 0, 0], pads_begin = [0, 0, 0], pads_end = [0, 0, 0], strides = [2, 3, 2]} : (!lz.tensor<1 x 3 x 4 x 5 x 8 x f32>, !lz.tensor<8 x 16 x 2 x 3 x 2 x f32>) -> !lz.tensor<1 x 6 x 12 x 10 x 16 x f32>
  lz.return %0, %1 : !lz.tensor<15 x 16 x f32>, !lz.tensor<1 x 6 x 12 x 10 x 16 x f32>
}

// -----

// Windows that overlap, lie apart or reach into a padding, and channels before the image.
// CHECK-LABEL: lz.func @apart
// CHECK-NOT: lz.matmul
// CHECK: lz.return
lz.parameter "w" : !lz.tensor<8 x 16 x 2 x f32>
lz.func @apart(%x: !lz.tensor<1 x 5 x 8 x f32>, %y: !lz.tensor<1 x 8 x 5 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<8 x 16 x 2 x f32>
  %0 = lz.conv_transpose %x, %w {channels_last, dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<1 x 5 x 8 x f32>, !lz.tensor<8 x 16 x 2 x f32>) -> !lz.tensor<1 x 6 x 16 x f32>
  %1 = lz.conv_transpose %x, %w {channels_last, dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [3]} : (!lz.tensor<1 x 5 x 8 x f32>, !lz.tensor<8 x 16 x 2 x f32>) -> !lz.tensor<1 x 14 x 16 x f32>
  %2 = lz.conv_transpose %x, %w {channels_last, dilations = [1], output_padding = [1], pads_begin = [0], pads_end = [0], strides = [2]} : (!lz.tensor<1 x 5 x 8 x f32>, !lz.tensor<8 x 16 x 2 x f32>) -> !lz.tensor<1 x 11 x 16 x f32>
  %3 = lz.conv_transpose %x, %w {channels_last, dilations = [1], output_padding = [0], pads_begin = [1], pads_end = [0], strides = [2]} : (!lz.tensor<1 x 5 x 8 x f32>, !lz.tensor<8 x 16 x 2 x f32>) -> !lz.tensor<1 x 9 x 16 x f32>
  %4 = lz.conv_transpose %y, %w {dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [2]} : (!lz.tensor<1 x 8 x 5 x f32>, !lz.tensor<8 x 16 x 2 x f32>) -> !lz.tensor<1 x 16 x 10 x f32>
  lz.return
}
