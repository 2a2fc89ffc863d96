// RUN: lazuli-opt %s --split-input-file --lz-fuse | FileCheck %s

// Elementwise ops follow a dense one into its region.
// CHECK-LABEL: lz.func @epilog
// CHECK-NOT: lz.linear
// CHECK: %[[Y:.*]] = lz.fused "cpu"(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK: %[[L:.*]] = lz.linear
// CHECK: %[[R:.*]] = lz.relu %[[L]]
// CHECK: %[[A:.*]] = lz.add %[[R]]
// CHECK: lz.yield %[[A]]
// CHECK: lz.return %[[Y]]
lz.parameter "w" : !lz.tensor<4 x 8 x f32>
lz.func @epilog(%x: !lz.tensor<2 x 8 x f32>, %r: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 8 x f32>
  %0 = lz.linear %x, %w : (!lz.tensor<2 x 8 x f32>, !lz.tensor<4 x 8 x f32>) -> !lz.tensor<2 x 4 x f32>
  %1 = lz.relu %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %2 = lz.add %1, %r : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  lz.return %2 : !lz.tensor<2 x 4 x f32>
}

// -----

// Elementwise ops precede and follow a normalization.
// CHECK-LABEL: lz.func @prolog
// CHECK: lz.fused "cpu"(%{{.*}}, %{{.*}})
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.add
// CHECK-NEXT: lz.softmax
// CHECK-NEXT: lz.mul
// CHECK-NEXT: lz.yield
// CHECK-NOT: lz.fused
lz.func @prolog(%x: !lz.tensor<2 x 4 x f32>, %m: !lz.tensor<4 x f32>) -> !lz.tensor<2 x 4 x f32> {
  %0 = lz.add %x, %m : (!lz.tensor<2 x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %1 = lz.softmax %0 {axis = -1} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %2 = lz.mul %1, %x : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  lz.return %2 : !lz.tensor<2 x 4 x f32>
}

// -----

// A diamond is one region; a value that others use too is computed once.
// CHECK-LABEL: lz.func @diamond
// CHECK: %[[SUM:.*]] = lz.fused "cpu"
// CHECK: lz.add
// CHECK: lz.yield
// CHECK: lz.fused "cpu"(%[[SUM]])
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.sigmoid
// CHECK-NEXT: lz.mul
// CHECK-NEXT: lz.yield
lz.func @diamond(%x: !lz.tensor<4 x f32>) -> (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) {
  %0 = lz.add %x, %x : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %1 = lz.sigmoid %0 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %2 = lz.mul %0, %1 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %0, %2 : !lz.tensor<4 x f32>, !lz.tensor<4 x f32>
}

// -----

// Views stay outside, and keep what they separate apart.
// CHECK-LABEL: lz.func @view
// CHECK: lz.fused
// CHECK: lz.exp
// CHECK: lz.reshape
// CHECK: lz.fused
// CHECK: lz.log
lz.func @view(%x: !lz.tensor<2 x 3 x f32>) -> !lz.tensor<6 x f32> {
  %0 = lz.exp %x : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x 3 x f32>
  %1 = lz.reshape %0 {shape = #lz.dims<6>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<6 x f32>
  %2 = lz.log %1 : (!lz.tensor<6 x f32>) -> !lz.tensor<6 x f32>
  lz.return %2 : !lz.tensor<6 x f32>
}

// -----

// Counters and constants of one value are made anew in each region.
// CHECK-LABEL: lz.func @cheap
// CHECK: %[[I:.*]] = lz.fused "cpu"() :
// CHECK: lz.iota
// CHECK: %[[Y:.*]] = lz.fused "cpu"(%arg0) :
// CHECK-DAG: lz.constant dense<2.0
// CHECK-DAG: lz.iota
// CHECK: lz.return %[[Y]], %[[I]]
lz.func @cheap(%x: !lz.tensor<4 x f32>) -> (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) {
  %c = lz.constant dense<2.0> : tensor<f32>
  %i = lz.iota {axis = 0, shape = #lz.dims<4>} : () -> !lz.tensor<4 x f32>
  %0 = lz.mul %x, %c : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %1 = lz.add %0, %i : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %1, %i : !lz.tensor<4 x f32>, !lz.tensor<4 x f32>
}

// -----

// A value read from a state is used before the state is written, also when
// what uses it could move into a later region.
// CHECK-LABEL: lz.func @state
// CHECK: %[[OLD:.*]] = lz.read "s"
// CHECK: %[[E:.*]] = lz.fused "cpu"(%[[OLD]])
// CHECK: lz.write "s"
// CHECK: lz.fused "cpu"(%[[E]])
lz.state "s" : !lz.tensor<4 x f32>
lz.func @state(%x: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %s = lz.read "s" : !lz.tensor<4 x f32>
  %0 = lz.exp %s : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.write "s", %x : !lz.tensor<4 x f32>
  %1 = lz.neg %0 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %1 : !lz.tensor<4 x f32>
}

// -----

// Shapes that are equal as expressions fuse, others do not.
// CHECK-LABEL: lz.func @dynamic
// CHECK: lz.fused
// CHECK: lz.exp
// CHECK-NEXT: lz.neg
// CHECK-NEXT: lz.yield
// CHECK: lz.fused
// CHECK: lz.add
lz.symbol "n" dynamic {min = 2}
lz.func @dynamic(%x: !lz.tensor<"n" x 1 x f32>, %y: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32> {
  %0 = lz.exp %x : (!lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %1 = lz.neg %0 : (!lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 1 x f32>
  %2 = lz.add %1, %y : (!lz.tensor<"n" x 1 x f32>, !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return %2 : !lz.tensor<"n" x 4 x f32>
}

// -----

// Attention reads rows where they lie: heads that were split off and transposed, and
// parts of one product. A transpose within rows, or one that others read, stays.
// CHECK-LABEL: lz.func @attention
// CHECK: %[[K:.*]] = lz.fused "cpu"(%arg1)
// CHECK: lz.transpose {{.*}} {perm = [0, 1, 3, 2]}
// CHECK: %[[V:.*]] = lz.fused "cpu"(%arg2)
// CHECK: lz.fused "cpu"(%{{.*}}, %[[K]], %[[V]])
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.slice
// CHECK-NEXT: lz.transpose {{.*}} {perm = [0, 2, 1, 3]}
// CHECK-NEXT: lz.attention
// CHECK-NEXT: lz.yield
lz.func @attention(%q: !lz.tensor<1 x 8 x 9 x 4 x f32>, %k: !lz.tensor<1 x 3 x 4 x 8 x f32>, %v: !lz.tensor<1 x 8 x 3 x 4 x f32>) -> (!lz.tensor<1 x 3 x 8 x 4 x f32>, !lz.tensor<1 x 3 x 8 x 4 x f32>) {
  %0 = lz.slice %q {axis = 2, begin = #lz.dim<3>, end = #lz.dim<6>} : (!lz.tensor<1 x 8 x 9 x 4 x f32>) -> !lz.tensor<1 x 8 x 3 x 4 x f32>
  %1 = lz.transpose %0 {perm = [0, 2, 1, 3]} : (!lz.tensor<1 x 8 x 3 x 4 x f32>) -> !lz.tensor<1 x 3 x 8 x 4 x f32>
  %2 = lz.transpose %k {perm = [0, 1, 3, 2]} : (!lz.tensor<1 x 3 x 4 x 8 x f32>) -> !lz.tensor<1 x 3 x 8 x 4 x f32>
  %3 = lz.transpose %v {perm = [0, 2, 1, 3]} : (!lz.tensor<1 x 8 x 3 x 4 x f32>) -> !lz.tensor<1 x 3 x 8 x 4 x f32>
  %4 = lz.attention %1, %2, %3 : (!lz.tensor<1 x 3 x 8 x 4 x f32>, !lz.tensor<1 x 3 x 8 x 4 x f32>, !lz.tensor<1 x 3 x 8 x 4 x f32>) -> !lz.tensor<1 x 3 x 8 x 4 x f32>
  lz.return %3, %4 : !lz.tensor<1 x 3 x 8 x 4 x f32>, !lz.tensor<1 x 3 x 8 x 4 x f32>
}

// -----

// Attention reads and writes rows where they lie: transposes that keep the last axis
// join it, one that moves the last axis does not.
// CHECK-LABEL: @attention_between_transposes
// CHECK: %[[K:.*]] = lz.fused "cpu"
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.transpose {{.*}} {perm = [0, 2, 3, 1]}
// CHECK: lz.fused "cpu"(%{{.*}}, %{{.*}}, %[[K]])
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.transpose {{.*}} {perm = [0, 2, 1, 3]}
// CHECK-NEXT: lz.transpose {{.*}} {perm = [0, 2, 1, 3]}
// CHECK-NEXT: lz.attention
// CHECK-NEXT: lz.transpose {{.*}} {perm = [0, 2, 1, 3]}
// CHECK-NEXT: lz.yield
lz.func @attention_between_transposes(%q: !lz.tensor<1 x 5 x 2 x 8 x f32>, %k: !lz.tensor<1 x 5 x 2 x 8 x f32>, %v: !lz.tensor<1 x 8 x 2 x 5 x f32>) -> !lz.tensor<1 x 5 x 2 x 8 x f32> {
  %0 = lz.transpose %v {perm = [0, 2, 3, 1]} : (!lz.tensor<1 x 8 x 2 x 5 x f32>) -> !lz.tensor<1 x 2 x 5 x 8 x f32>
  %1 = lz.transpose %q {perm = [0, 2, 1, 3]} : (!lz.tensor<1 x 5 x 2 x 8 x f32>) -> !lz.tensor<1 x 2 x 5 x 8 x f32>
  %2 = lz.transpose %k {perm = [0, 2, 1, 3]} : (!lz.tensor<1 x 5 x 2 x 8 x f32>) -> !lz.tensor<1 x 2 x 5 x 8 x f32>
  %3 = lz.attention %1, %2, %0 : (!lz.tensor<1 x 2 x 5 x 8 x f32>, !lz.tensor<1 x 2 x 5 x 8 x f32>, !lz.tensor<1 x 2 x 5 x 8 x f32>) -> !lz.tensor<1 x 2 x 5 x 8 x f32>
  %4 = lz.transpose %3 {perm = [0, 2, 1, 3]} : (!lz.tensor<1 x 2 x 5 x 8 x f32>) -> !lz.tensor<1 x 5 x 2 x 8 x f32>
  lz.return %4 : !lz.tensor<1 x 5 x 2 x 8 x f32>
}
