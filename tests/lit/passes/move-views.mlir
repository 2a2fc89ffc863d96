// RUN: lazuli-opt %s --split-input-file --lz-move-views | FileCheck %s

// Rows flattened before a layer and unflattened behind its bias: both views vanish,
// and the residual may be added by the layer.
// CHECK-LABEL: lz.func @rows
// CHECK-NEXT: %[[L:.*]] = lz.linear %arg0, %arg1 :
// CHECK-NEXT: %[[B:.*]] = lz.add %[[L]], %arg2
// CHECK-NEXT: %[[Y:.*]] = lz.add %[[B]], %arg3
// CHECK-NEXT: lz.return %[[Y]]
lz.symbol "n" dynamic {min = 1}
lz.func @rows(%x: !lz.tensor<"n" x 3 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %b: !lz.tensor<4 x f32>, %r: !lz.tensor<"n" x 3 x 4 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32> {
  %0 = lz.reshape %x {shape = #lz.dims<[3*n], 8>} : (!lz.tensor<"n" x 3 x 8 x f32>) -> !lz.tensor<[3*n] x 8 x f32>
  %1 = lz.linear %0, %w : (!lz.tensor<[3*n] x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<[3*n] x 4 x f32>
  %2 = lz.add %1, %b : (!lz.tensor<[3*n] x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<[3*n] x 4 x f32>
  %3 = lz.reshape %2 {shape = #lz.dims<"n", 3, 4>} : (!lz.tensor<[3*n] x 4 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>
  %4 = lz.add %3, %r : (!lz.tensor<"n" x 3 x 4 x f32>, !lz.tensor<"n" x 3 x 4 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>
  lz.return %4 : !lz.tensor<"n" x 3 x 4 x f32>
}

// -----

// A view that splits the last axis goes behind a multiplication with a number.
// CHECK-LABEL: lz.func @heads
// CHECK-NEXT: %[[L:.*]] = lz.linear %arg0, %arg1
// CHECK-NEXT: %[[M:.*]] = lz.mul %[[L]], %arg2
// CHECK-NEXT: %[[Y:.*]] = lz.reshape %[[M]] {shape = #lz.dims<2, 2, 2>}
// CHECK-NEXT: lz.return %[[Y]]
lz.func @heads(%x: !lz.tensor<2 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %s: !lz.tensor<f32>) -> !lz.tensor<2 x 2 x 2 x f32> {
  %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 4 x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<2, 2, 2>} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 2 x 2 x f32>
  %2 = lz.mul %1, %s : (!lz.tensor<2 x 2 x 2 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 2 x 2 x f32>
  lz.return %2 : !lz.tensor<2 x 2 x 2 x f32>
}

// -----

// What has another user, is broadcast otherwise, or follows no layer stays.
// CHECK-LABEL: lz.func @stays
// CHECK: %[[L:.*]] = lz.linear %arg0
// CHECK-NEXT: %[[V:.*]] = lz.reshape %[[L]]
// CHECK-NEXT: lz.relu %[[V]]
// CHECK: %[[E:.*]] = lz.exp %arg3
// CHECK-NEXT: %[[W:.*]] = lz.reshape %[[E]]
// CHECK-NEXT: lz.relu %[[W]]
lz.func @stays(%x: !lz.tensor<6 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %r: !lz.tensor<2 x 1 x 4 x f32>, %e: !lz.tensor<6 x 4 x f32>) -> (!lz.tensor<6 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>) {
  %0 = lz.linear %x, %w : (!lz.tensor<6 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<6 x 4 x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<2, 3, 4>} : (!lz.tensor<6 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %2 = lz.relu %1 : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %3 = lz.exp %e : (!lz.tensor<6 x 4 x f32>) -> !lz.tensor<6 x 4 x f32>
  %4 = lz.reshape %3 {shape = #lz.dims<2, 3, 4>} : (!lz.tensor<6 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %5 = lz.relu %4 : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  lz.return %0, %2, %5 : !lz.tensor<6 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 3 x 4 x f32>
}

// -----

// Heads of one of three parts of a product: the part is taken of all heads.
// CHECK-LABEL: lz.func @parts
// CHECK-NEXT: %[[V:.*]] = lz.reshape %arg0 {shape = #lz.dims<"n", 9, 4>}
// CHECK-NEXT: %[[S:.*]] = lz.slice %[[V]] {axis = 1, begin = #lz.dim<6>, end = #lz.dim<9>}
// CHECK-NEXT: lz.transpose %[[S]]
lz.symbol "n" dynamic {min = 1}
lz.func @parts(%x: !lz.tensor<"n" x 36 x f32>) -> !lz.tensor<3 x "n" x 4 x f32> {
  %0 = lz.slice %x {axis = 1, begin = #lz.dim<24>, end = #lz.dim<9223372036854775807>} : (!lz.tensor<"n" x 36 x f32>) -> !lz.tensor<"n" x 12 x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<"n", 3, 4>} : (!lz.tensor<"n" x 12 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>
  %2 = lz.transpose %1 {perm = [1, 0, 2]} : (!lz.tensor<"n" x 3 x 4 x f32>) -> !lz.tensor<3 x "n" x 4 x f32>
  lz.return %2 : !lz.tensor<3 x "n" x 4 x f32>
}

// -----

// A part that begins within a head stays.
// CHECK-LABEL: lz.func @uneven
// CHECK-NEXT: lz.slice %arg0
lz.func @uneven(%x: !lz.tensor<2 x 36 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
  %0 = lz.slice %x {axis = 1, begin = #lz.dim<2>, end = #lz.dim<14>} : (!lz.tensor<2 x 36 x f32>) -> !lz.tensor<2 x 12 x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<2, 3, 4>} : (!lz.tensor<2 x 12 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  lz.return %1 : !lz.tensor<2 x 3 x 4 x f32>
}

// -----

// An activation between two views of rows: it stays with its layer, and all views
// meet before the first one.
// CHECK-LABEL: lz.func @activation
// CHECK-NEXT: %[[L:.*]] = lz.linear %arg0
// CHECK-NEXT: %[[G:.*]] = lz.gelu %[[L]]
// CHECK-NEXT: lz.return %[[G]]
lz.func @activation(%x: !lz.tensor<2 x 3 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
  %0 = lz.reshape %x {shape = #lz.dims<6, 8>} : (!lz.tensor<2 x 3 x 8 x f32>) -> !lz.tensor<6 x 8 x f32>
  %1 = lz.linear %0, %w : (!lz.tensor<6 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<6 x 4 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<2, 3, 4>} : (!lz.tensor<6 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %3 = lz.gelu %2 : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  lz.return %3 : !lz.tensor<2 x 3 x 4 x f32>
}

// -----

// One number with more axes than the result gets none.
// CHECK-LABEL: lz.func @number_of_many_axes
// CHECK: %[[X:.*]] = lz.reshape %arg0 {shape = #lz.dims<6, 8>}
// CHECK: %[[L:.*]] = lz.linear %[[X]], %arg1
// CHECK: %[[C:.*]] = lz.reshape %arg2 {shape = #lz.dims<>}
// CHECK: %[[Y:.*]] = lz.add %{{.*}}, %[[C]] : {{.*}} -> !lz.tensor<6 x 4 x f32>
// CHECK-NEXT: lz.return %[[Y]]
lz.func @number_of_many_axes(%x: !lz.tensor<2 x 3 x 8 x f32>, %w: !lz.tensor<4 x 8 x f32>, %c: !lz.tensor<1 x 1 x 1 x f32>) -> !lz.tensor<6 x 4 x f32> {
  %0 = lz.linear %x, %w : (!lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %1 = lz.add %0, %c : (!lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<1 x 1 x 1 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<6, 4>} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<6 x 4 x f32>
  lz.return %2 : !lz.tensor<6 x 4 x f32>
}

// -----

// What is before post-ops need not be made of tensors.
// CHECK-LABEL: lz.func @of_sequence
// CHECK: lz.host "sequence_at"
// CHECK-NEXT: lz.relu
// CHECK-NEXT: lz.reshape
lz.func @of_sequence(%s: !lz.sequence<!lz.tensor<2 x 3 x 4 x f32>>, %i: !lz.tensor<i64>) -> !lz.tensor<6 x 4 x f32> {
  %0 = lz.host "sequence_at"(%s, %i) : (!lz.sequence<!lz.tensor<2 x 3 x 4 x f32>>, !lz.tensor<i64>) -> !lz.tensor<2 x 3 x 4 x f32>
  %1 = lz.relu %0 : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<6, 4>} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<6 x 4 x f32>
  lz.return %2 : !lz.tensor<6 x 4 x f32>
}
