// What folds without being executed: ops that do nothing or undo one another.
// RUN: lazuli-opt %s --canonicalize | FileCheck %s

!s = !lz.tensor<2 x "n" x f32>
!u = !lz.tensor<* x f32>
!b = !lz.tensor<4 x i1>

// An op that is its own inverse vanishes with its like.
// CHECK-LABEL: @involutions
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<2 x "n" x f32>, %[[B:.*]]: !lz.tensor<4 x i1>)
// CHECK-NEXT: lz.return %[[X]], %[[B]], %[[B]]
lz.func @involutions(%x: !s, %b: !b) -> (!s, !b, !b) {
  %0 = lz.neg %x : (!s) -> !s
  %1 = lz.neg %0 : (!s) -> !s
  %2 = lz.logical_not %b : (!b) -> !b
  %3 = lz.logical_not %2 : (!b) -> !b
  %4 = lz.bitwise_not %b : (!b) -> !b
  %5 = lz.bitwise_not %4 : (!b) -> !b
  lz.return %1, %3, %5 : !s, !b, !b
}

// CHECK-LABEL: @relu_twice
// CHECK-NEXT: %[[Y:.*]] = lz.relu
// CHECK-NEXT: lz.return %[[Y]]
lz.func @relu_twice(%x: !s) -> !s {
  %0 = lz.relu %x : (!s) -> !s
  %1 = lz.relu %0 : (!s) -> !s
  lz.return %1 : !s
}

// A cast to the same type, and a cast there and back that loses nothing.
// CHECK-LABEL: @casts
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<2 x "n" x f32>)
// CHECK-NEXT: lz.return %[[X]], %[[X]]
lz.func @casts(%x: !s) -> (!s, !s) {
  %0 = lz.cast %x : (!s) -> !s
  %1 = lz.cast %x : (!s) -> !lz.tensor<2 x "n" x f64>
  %2 = lz.cast %1 : (!lz.tensor<2 x "n" x f64>) -> !s
  lz.return %0, %2 : !s, !s
}

// A cast that loses bits stays.
// CHECK-LABEL: @lossy
// CHECK-COUNT-2: lz.cast
lz.func @lossy(%x: !s) -> !s {
  %0 = lz.cast %x : (!s) -> !lz.tensor<2 x "n" x bf16>
  %1 = lz.cast %0 : (!lz.tensor<2 x "n" x bf16>) -> !s
  lz.return %1 : !s
}

// Both choices the same.
// CHECK-LABEL: @select
// CHECK-NEXT: lz.return %{{.*}}1
lz.func @select(%c: !lz.tensor<i1>, %x: !s) -> !s {
  %0 = lz.select %c, %x, %x : (!lz.tensor<i1>, !s, !s) -> !s
  lz.return %0 : !s
}

// Two permutations are one, and the identity none.
// CHECK-LABEL: @transposes
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<1 x 2 x 3 x f32>)
// CHECK-NEXT: %[[Y:.*]] = lz.transpose %[[X]] {perm = [2, 0, 1]}
// CHECK-NEXT: lz.return %[[X]], %[[Y]]
lz.func @transposes(%x: !lz.tensor<1 x 2 x 3 x f32>) -> (!lz.tensor<1 x 2 x 3 x f32>, !lz.tensor<3 x 1 x 2 x f32>) {
  %0 = lz.transpose %x {perm = [1, 2, 0]} : (!lz.tensor<1 x 2 x 3 x f32>) -> !lz.tensor<2 x 3 x 1 x f32>
  %1 = lz.transpose %0 {perm = [2, 0, 1]} : (!lz.tensor<2 x 3 x 1 x f32>) -> !lz.tensor<1 x 2 x 3 x f32>
  %2 = lz.transpose %0 {perm = [1, 2, 0]} : (!lz.tensor<2 x 3 x 1 x f32>) -> !lz.tensor<3 x 1 x 2 x f32>
  lz.return %1, %2 : !lz.tensor<1 x 2 x 3 x f32>, !lz.tensor<3 x 1 x 2 x f32>
}

// Axes exchanged twice, or with themselves.
// CHECK-LABEL: @swaps
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<* x f32>)
// CHECK-NEXT: lz.return %[[X]], %[[X]]
lz.func @swaps(%x: !u) -> (!u, !u) {
  %0 = lz.swap_axes %x {axis0 = 1, axis1 = -1} : (!u) -> !u
  %1 = lz.swap_axes %0 {axis0 = -1, axis1 = 1} : (!u) -> !u
  %2 = lz.swap_axes %x {axis0 = 1, axis1 = 1} : (!u) -> !u
  lz.return %1, %2 : !u, !u
}

// Of reshapes only the last counts, and none where the shape is the same.
// CHECK-LABEL: @reshapes
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<2 x "n" x f32>)
// CHECK-NEXT: %[[Y:.*]] = lz.reshape %[[X]] {shape = #lz.dims<"n", 2>}
// CHECK-NEXT: lz.return %[[X]], %[[Y]]
lz.func @reshapes(%x: !s) -> (!s, !lz.tensor<"n" x 2 x f32>) {
  %0 = lz.reshape %x {shape = #lz.dims<-1>} : (!s) -> !lz.tensor<[2*n] x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<2, -1>} : (!lz.tensor<[2*n] x f32>) -> !s
  %2 = lz.reshape %0 {shape = #lz.dims<"n", 2>} : (!lz.tensor<[2*n] x f32>) -> !lz.tensor<"n" x 2 x f32>
  lz.return %1, %2 : !s, !lz.tensor<"n" x 2 x f32>
}

// An unranked type says nothing about the shape.
// CHECK-LABEL: @unranked
// CHECK: lz.reshape
// CHECK: lz.expand
// CHECK: lz.flatten
lz.func @unranked(%x: !u) -> (!u, !u, !u) {
  %0 = lz.reshape %x {shape = #lz.dims<-1>} : (!u) -> !u
  %1 = lz.expand %x {shape = #lz.dims<3, -1>} : (!u) -> !u
  %2 = lz.flatten %x {start_axis = 0, end_axis = -1} : (!u) -> !u
  lz.return %0, %1, %2 : !u, !u, !u
}

// Nothing added, repeated, cut off, joined or flattened.
// CHECK-LABEL: @nothing
// CHECK-SAME: (%[[X:.*]]: !lz.tensor<2 x "n" x f32>, %[[V:.*]]: !lz.tensor<4 x f32>)
// CHECK-NEXT: lz.return %[[X]], %[[X]], %[[X]], %[[X]], %[[X]], %[[V]]
lz.func @nothing(%x: !s, %v: !lz.tensor<4 x f32>) -> (!s, !s, !s, !s, !s, !lz.tensor<4 x f32>) {
  %0 = lz.pad %x {begin = [0], end = [0]} : (!s) -> !s
  %1 = lz.repeat %x {repeats = [1, 1]} : (!s) -> !s
  %2 = lz.slice %x {axis = 1, begin = #lz.dim<0>, end = #lz.dim<9223372036854775807>} : (!s) -> !s
  %3 = lz.concat %x {axis = 0} : (!s) -> !s
  %4 = lz.expand %x {shape = #lz.dims<2, -1>} : (!s) -> !s
  %5 = lz.flatten %v {start_axis = 0, end_axis = 0} : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %0, %1, %2, %3, %4, %5 : !s, !s, !s, !s, !s, !lz.tensor<4 x f32>
}

// What checks or writes is not dead, what reads is.
// CHECK-LABEL: @effects
// CHECK-NEXT: lz.guard
// CHECK-NEXT: lz.expect
// CHECK-NEXT: lz.write
// CHECK-NEXT: lz.return
lz.state "s" : !lz.tensor<f32>
lz.func @effects(%x: !lz.tensor<f32>) {
  lz.guard "n" == 4, "lengths"
  lz.expect %x ranks [0] for "Linear 'fc'" : !lz.tensor<f32>
  %0 = lz.read "s" : !lz.tensor<f32>
  %1 = lz.exp %0 : (!lz.tensor<f32>) -> !lz.tensor<f32>
  lz.write "s", %x : !lz.tensor<f32>
  lz.return
}

// A read does not move across a write.
// CHECK-LABEL: @order
// CHECK: %[[A:.*]] = lz.read
// CHECK: lz.write
// CHECK: %[[B:.*]] = lz.read
// CHECK: lz.return %[[A]], %[[B]]
lz.func @order(%x: !lz.tensor<f32>) -> (!lz.tensor<f32>, !lz.tensor<f32>) {
  %0 = lz.read "s" : !lz.tensor<f32>
  lz.write "s", %x : !lz.tensor<f32>
  %1 = lz.read "s" : !lz.tensor<f32>
  lz.return %0, %1 : !lz.tensor<f32>, !lz.tensor<f32>
}
