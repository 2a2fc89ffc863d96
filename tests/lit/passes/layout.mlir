// RUN: lazuli-opt %s --split-input-file --lz-layout=always=true | FileCheck %s

// A residual block, pooling, the mean of each channel: one transpose at the head.
// CHECK-LABEL: lz.func @residual
// CHECK: %[[X:.*]] = lz.transpose %{{.*}} {perm = [0, 2, 3, 1]}
// CHECK: %[[A:.*]] = lz.conv %[[X]], %{{.*}} {channels_last,
// CHECK: %[[R:.*]] = lz.relu %[[A]]
// CHECK: %[[B:.*]] = lz.conv %[[R]], %{{.*}} {channels_last,
// CHECK: %[[S:.*]] = lz.add %[[B]], %[[R]] : (!lz.tensor<"n" x 8 x 8 x 4 x f32>,
// CHECK: %[[P:.*]] = lz.pool max %[[S]] {channels_last,
// CHECK: %[[M:.*]] = lz.adaptive_avg_pool %[[P]] {channels_last, output_size = [1, 1]} : (!lz.tensor<"n" x 4 x 4 x 4 x f32>) -> !lz.tensor<"n" x 1 x 1 x 4 x f32>
// CHECK: %[[F:.*]] = lz.reshape %[[M]] {shape = #lz.dims<"n", 4>} : (!lz.tensor<"n" x 1 x 1 x 4 x f32>)
// CHECK-NOT: lz.transpose
// CHECK: lz.return %[[F]]
lz.symbol "n" dynamic {min = 1}
lz.func @residual(%x: !lz.tensor<"n" x 3 x 8 x 8 x f32>, %w: !lz.tensor<4 x 3 x 3 x 3 x f32>, %v: !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x f32> {
  %0 = lz.conv %x, %w {dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 8 x 8 x f32>
  %1 = lz.relu %0 : (!lz.tensor<"n" x 4 x 8 x 8 x f32>) -> !lz.tensor<"n" x 4 x 8 x 8 x f32>
  %2 = lz.conv %1, %v {dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 8 x 8 x f32>
  %3 = lz.add %2, %1 : (!lz.tensor<"n" x 4 x 8 x 8 x f32>, !lz.tensor<"n" x 4 x 8 x 8 x f32>) -> !lz.tensor<"n" x 4 x 8 x 8 x f32>
  %4 = lz.pool max %3 {dilations = [1, 1], kernel = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2]} : (!lz.tensor<"n" x 4 x 8 x 8 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>
  %5 = lz.adaptive_avg_pool %4 {output_size = [1, 1]} : (!lz.tensor<"n" x 4 x 4 x 4 x f32>) -> !lz.tensor<"n" x 4 x 1 x 1 x f32>
  %6 = lz.flatten %5 {start_axis = 1, end_axis = -1} : (!lz.tensor<"n" x 4 x 1 x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return %6 : !lz.tensor<"n" x 4 x f32>
}

// -----

// The patches of a vision transformer: rows of channels, as they lie already.
// CHECK-LABEL: lz.func @patches
// CHECK: %[[X:.*]] = lz.transpose %{{.*}} {perm = [0, 2, 3, 1]}
// CHECK: %[[C:.*]] = lz.conv_transpose %[[X]], %{{.*}} {channels_last,
// CHECK: %[[R:.*]] = lz.reshape %[[C]] {shape = #lz.dims<1, [4*h*w], 4>}
// CHECK-NOT: lz.transpose
// CHECK: lz.return %[[R]]
lz.symbol "h" dynamic {min = 1}
lz.symbol "w" dynamic {min = 1}
lz.func @patches(%x: !lz.tensor<1 x 3 x "h" x "w" x f32>, %w: !lz.tensor<3 x 4 x 2 x 2 x f32>) -> !lz.tensor<1 x [4*h*w] x 4 x f32> {
  %0 = lz.conv_transpose %x, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2], output_padding = [0, 0]} : (!lz.tensor<1 x 3 x "h" x "w" x f32>, !lz.tensor<3 x 4 x 2 x 2 x f32>) -> !lz.tensor<1 x 4 x [2*h] x [2*w] x f32>
  %1 = lz.flatten %0 {start_axis = 2, end_axis = 3} : (!lz.tensor<1 x 4 x [2*h] x [2*w] x f32>) -> !lz.tensor<1 x 4 x [4*h*w] x f32>
  %2 = lz.transpose %1 {perm = [0, 2, 1]} : (!lz.tensor<1 x 4 x [4*h*w] x f32>) -> !lz.tensor<1 x [4*h*w] x 4 x f32>
  lz.return %2 : !lz.tensor<1 x [4*h*w] x 4 x f32>
}

// -----

// The model's own transposes go with the others; a scale per channel turns too.
// CHECK-LABEL: lz.func @own_transposes
// CHECK: %[[S:.*]] = lz.reshape %{{.*}} {shape = #lz.dims<4>} : (!lz.tensor<4 x 1 x 1 x f32>)
// CHECK: %[[X:.*]] = lz.transpose %{{.*}} {perm = [0, 2, 3, 1]}
// CHECK: %[[C:.*]] = lz.conv %[[X]]
// CHECK: %[[N:.*]] = lz.softmax %[[C]] {axis = -1}
// CHECK: %[[M:.*]] = lz.mul %[[N]], %[[S]]
// CHECK: %[[A:.*]] = lz.add %[[M]], %[[X]]
// CHECK: %[[Y:.*]] = lz.transpose %[[A]] {perm = [0, 3, 1, 2]}
// CHECK: lz.return %[[Y]]
lz.parameter "scale" : !lz.tensor<4 x 1 x 1 x f32>
lz.func @own_transposes(%x: !lz.tensor<1 x 4 x 8 x 8 x f32>, %w: !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32> {
  %s = lz.get_parameter "scale" : !lz.tensor<4 x 1 x 1 x f32>
  %0 = lz.conv %x, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %1 = lz.transpose %0 {perm = [0, 2, 3, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %2 = lz.softmax %1 {axis = -1} : (!lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 8 x 8 x 4 x f32>
  %3 = lz.transpose %2 {perm = [0, 3, 1, 2]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %4 = lz.mul %3, %s : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %5 = lz.add %4, %x : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<1 x 4 x 8 x 8 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %6 = lz.conv %5, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  lz.return %5 : !lz.tensor<1 x 4 x 8 x 8 x f32>
}
