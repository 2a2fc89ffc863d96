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

// The model's own transposes go with the others; a scale per channel turns too, and
// the input is transposed once for the convolution and the sum.
// CHECK-LABEL: lz.func @own_transposes
// CHECK: %[[X:.*]] = lz.transpose %{{.*}} {perm = [0, 2, 3, 1]}
// CHECK: %[[C:.*]] = lz.conv %[[X]]
// CHECK: %[[N:.*]] = lz.softmax %[[C]] {axis = -1}
// CHECK: %[[S:.*]] = lz.reshape %{{.*}} {shape = #lz.dims<4>} : (!lz.tensor<4 x 1 x 1 x f32>)
// CHECK: %[[M:.*]] = lz.mul %[[N]], %[[S]]
// CHECK: %[[A:.*]] = lz.add %[[M]], %[[X]]
// CHECK: %[[D:.*]] = lz.conv %[[A]]
// CHECK: %[[Y:.*]] = lz.transpose %[[D]] {perm = [0, 3, 1, 2]}
// CHECK-NOT: lz.transpose
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
  lz.return %6 : !lz.tensor<1 x 4 x 8 x 8 x f32>
}

// -----

// A sum with what was not transposed: transposing that as well would win nothing.
// CHECK-LABEL: lz.func @sum_at_the_end
// CHECK: %[[C:.*]] = lz.conv
// CHECK: %[[T:.*]] = lz.transpose %[[C]] {perm = [0, 3, 1, 2]}
// CHECK: %[[A:.*]] = lz.add %[[T]], %arg0
// CHECK: lz.return %[[A]]
lz.func @sum_at_the_end(%x: !lz.tensor<1 x 4 x 8 x 8 x f32>, %w: !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32> {
  %0 = lz.conv %x, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<4 x 4 x 1 x 1 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %1 = lz.add %0, %x : (!lz.tensor<1 x 4 x 8 x 8 x f32>, !lz.tensor<1 x 4 x 8 x 8 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  lz.return %1 : !lz.tensor<1 x 4 x 8 x 8 x f32>
}

// -----

// Ops that name axes name other ones.
// CHECK-LABEL: lz.func @axes
// CHECK: %[[C:.*]] = lz.conv
// CHECK: %[[K:.*]] = lz.concat %[[C]], %[[C]] {axis = 3} : {{.*}} -> !lz.tensor<2 x 8 x 9 x 8 x f32>
// CHECK: %[[P:.*]] = lz.pad %[[K]] {begin = [0, 1, 2, 0], end = [0, 3, 4, 0]} : {{.*}} -> !lz.tensor<2 x 12 x 15 x 8 x f32>
// CHECK: %[[S:.*]] = lz.slice %[[P]] {axis = 2, {{.*}} -> !lz.tensor<2 x 12 x 5 x 8 x f32>
// CHECK: %[[G:.*]] = lz.gather %[[S]], %{{.*}} {axis = 1} : {{.*}} -> !lz.tensor<2 x 6 x 5 x 8 x f32>
// CHECK: %[[F:.*]] = lz.flip %[[G]] {axes = [2]}
// CHECK: %[[I:.*]] = lz.select_index %[[F]] {axis = 2, index = 1} : {{.*}} -> !lz.tensor<2 x 6 x 8 x f32>
// CHECK: %[[R:.*]] = lz.reduce max %[[I]] {axes = [1]} : {{.*}} -> !lz.tensor<2 x 8 x f32>
// CHECK-NOT: lz.transpose
// CHECK: lz.return %[[R]]
lz.func @axes(%x: !lz.tensor<2 x 3 x 8 x 9 x f32>, %w: !lz.tensor<4 x 3 x 1 x 1 x f32>, %i: !lz.tensor<6 x i64>) -> !lz.tensor<2 x 8 x f32> {
  %0 = lz.conv %x, %w {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<2 x 3 x 8 x 9 x f32>, !lz.tensor<4 x 3 x 1 x 1 x f32>) -> !lz.tensor<2 x 4 x 8 x 9 x f32>
  %1 = lz.concat %0, %0 {axis = 1} : (!lz.tensor<2 x 4 x 8 x 9 x f32>, !lz.tensor<2 x 4 x 8 x 9 x f32>) -> !lz.tensor<2 x 8 x 8 x 9 x f32>
  %2 = lz.pad %1 {begin = [1, 2], end = [3, 4]} : (!lz.tensor<2 x 8 x 8 x 9 x f32>) -> !lz.tensor<2 x 8 x 12 x 15 x f32>
  %3 = lz.slice %2 {axis = -1, begin = #lz.dim<5>, end = #lz.dim<10>} : (!lz.tensor<2 x 8 x 12 x 15 x f32>) -> !lz.tensor<2 x 8 x 12 x 5 x f32>
  %4 = lz.gather %3, %i {axis = 2} : (!lz.tensor<2 x 8 x 12 x 5 x f32>, !lz.tensor<6 x i64>) -> !lz.tensor<2 x 8 x 6 x 5 x f32>
  %5 = lz.flip %4 {axes = [3]} : (!lz.tensor<2 x 8 x 6 x 5 x f32>) -> !lz.tensor<2 x 8 x 6 x 5 x f32>
  %6 = lz.select_index %5 {axis = 3, index = 1} : (!lz.tensor<2 x 8 x 6 x 5 x f32>) -> !lz.tensor<2 x 8 x 6 x f32>
  %7 = lz.reduce max %6 {axes = [2]} : (!lz.tensor<2 x 8 x 6 x f32>) -> !lz.tensor<2 x 8 x f32>
  lz.return %7 : !lz.tensor<2 x 8 x f32>
}

// -----

// One spatial axis and no batch. An op that knows one order of axes only stops the
// transpose: channels of a group norm are axis 1.
// CHECK-LABEL: lz.func @unbatched
// CHECK: %[[X:.*]] = lz.transpose %arg0 {perm = [1, 0]} : (!lz.tensor<4 x "l" x f32>) -> !lz.tensor<"l" x 4 x f32>
// CHECK: %[[C:.*]] = lz.conv %[[X]], %{{.*}} {channels_last, {{.*}} -> !lz.tensor<"l" x 6 x f32>
// CHECK: %[[E:.*]] = lz.exp %[[C]]
// CHECK: %[[T:.*]] = lz.transpose %[[E]] {perm = [1, 0]} : (!lz.tensor<"l" x 6 x f32>) -> !lz.tensor<6 x "l" x f32>
// CHECK: %[[G:.*]] = lz.group_norm %[[T]]
// CHECK: lz.return %[[G]]
lz.symbol "l" dynamic {min = 1}
lz.func @unbatched(%x: !lz.tensor<4 x "l" x f32>, %w: !lz.tensor<6 x 4 x 1 x f32>) -> !lz.tensor<6 x "l" x f32> {
  %0 = lz.conv %x, %w {dilations = [1], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<4 x "l" x f32>, !lz.tensor<6 x 4 x 1 x f32>) -> !lz.tensor<6 x "l" x f32>
  %1 = lz.exp %0 : (!lz.tensor<6 x "l" x f32>) -> !lz.tensor<6 x "l" x f32>
  %2 = lz.group_norm %1 {groups = 1} : (!lz.tensor<6 x "l" x f32>) -> !lz.tensor<6 x "l" x f32>
  lz.return %2 : !lz.tensor<6 x "l" x f32>
}

// -----

// Without a convolution everything stays where it is.
// CHECK-LABEL: lz.func @no_convolution
// CHECK: %[[T:.*]] = lz.transpose %arg0
// CHECK: lz.exp %[[T]]
lz.func @no_convolution(%x: !lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32> {
  %0 = lz.transpose %x {perm = [0, 3, 1, 2]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  %1 = lz.exp %0 : (!lz.tensor<1 x 4 x 8 x 8 x f32>) -> !lz.tensor<1 x 4 x 8 x 8 x f32>
  lz.return %1 : !lz.tensor<1 x 4 x 8 x 8 x f32>
}
