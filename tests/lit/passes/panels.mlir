// RUN: lazuli-opt %s --split-input-file --lz-panels=always=true | FileCheck %s
// RUN: lazuli-opt %s --split-input-file --lz-panels | FileCheck %s --check-prefix=UNASKED

// A matrix product reads its columns, a layer its rows; a bias stays with the layer.
// CHECK-LABEL: lz.func @both
// CHECK: %[[V:.*]] = lz.get_parameter "v"
// CHECK: %[[VR:.*]] = lz.reshape %[[V]] {{.*}} -> !lz.tensor<32 x 2 x 64 x f32>
// CHECK: %[[VT:.*]] = lz.transpose %[[VR]] {perm = [1, 0, 2]} : {{.*}} -> !lz.tensor<2 x 32 x 64 x f32>
// CHECK: lz.linear %{{.*}}, %[[VT]] {lz.why = "weights in panels of 64 columns"}
// CHECK: %[[WR:.*]] = lz.reshape %{{.*}} -> !lz.tensor<3 x 48 x 128 x f32>
// CHECK: %[[WT:.*]] = lz.transpose %[[WR]] {perm = [0, 2, 1]} : {{.*}} -> !lz.tensor<3 x 128 x 48 x f32>
// CHECK: lz.linear %{{.*}}, %[[WT]], %{{.*}} {lz.why = "weights in panels of 48 columns"}
// UNASKED-LABEL: lz.func @both
// UNASKED: lz.matmul {{.*}} {lz.matrix = "no backend was asked"}
// UNASKED: lz.linear {{.*}} {lz.matrix = "no backend was asked"} {{.*}} !lz.tensor<144 x 128 x f32>
lz.symbol "n" dynamic
lz.parameter "v" : !lz.tensor<32 x 128 x f32>
lz.parameter "w" : !lz.tensor<144 x 128 x f32>
lz.parameter "b" : !lz.tensor<144 x f32>
lz.func @both(%x: !lz.tensor<2 x "n" x 32 x f32>) -> !lz.tensor<2 x "n" x 144 x f32> {
  %v = lz.get_parameter "v" : !lz.tensor<32 x 128 x f32>
  %0 = lz.matmul %x, %v : (!lz.tensor<2 x "n" x 32 x f32>, !lz.tensor<32 x 128 x f32>) -> !lz.tensor<2 x "n" x 128 x f32>
  %w = lz.get_parameter "w" : !lz.tensor<144 x 128 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<144 x f32>
  %1 = lz.linear %0, %w, %b : (!lz.tensor<2 x "n" x 128 x f32>, !lz.tensor<144 x 128 x f32>, !lz.tensor<144 x f32>) -> !lz.tensor<2 x "n" x 144 x f32>
  lz.return %1 : !lz.tensor<2 x "n" x 144 x f32>
}

// -----

// Few columns are one panel, and of others the last panel is padded, by little where it can be.
// CHECK-LABEL: lz.func @any
// CHECK: %[[F:.*]] = lz.get_parameter "few"
// CHECK: %[[FR:.*]] = lz.reshape %[[F]] {{.*}} -> !lz.tensor<1 x 50 x 8 x f32>
// CHECK: lz.linear {{.*}} {lz.why = "weights in panels of 50 columns"} : {{.*}} -> !lz.tensor<4 x 50 x f32>
// CHECK: %[[B:.*]] = lz.get_parameter "between"
// CHECK: lz.pad %[[B]] {begin = [0, 0], end = [31, 0]} : {{.*}} -> !lz.tensor<96 x 8 x f32>
// CHECK: lz.linear {{.*}} {columns = 65, lz.why = "weights in panels of 48 columns"} : {{.*}} -> !lz.tensor<4 x 65 x f32>
// CHECK: %[[M:.*]] = lz.get_parameter "many"
// CHECK: lz.pad %[[M]] {begin = [0, 0], end = [0, 24]} : {{.*}} -> !lz.tensor<8 x 1024 x f32>
// CHECK: lz.linear {{.*}} {columns = 1000, lz.why = "weights in panels of 64 columns"} : {{.*}} -> !lz.tensor<4 x 1000 x f32>
lz.parameter "few" : !lz.tensor<50 x 8 x f32>
lz.parameter "between" : !lz.tensor<65 x 8 x f32>
lz.parameter "many" : !lz.tensor<8 x 1000 x f32>
lz.func @any(%x: !lz.tensor<4 x 8 x f32>) -> (!lz.tensor<4 x 50 x f32>, !lz.tensor<4 x 65 x f32>, !lz.tensor<4 x 1000 x f32>) {
  %few = lz.get_parameter "few" : !lz.tensor<50 x 8 x f32>
  %0 = lz.linear %x, %few : (!lz.tensor<4 x 8 x f32>, !lz.tensor<50 x 8 x f32>) -> !lz.tensor<4 x 50 x f32>
  %between = lz.get_parameter "between" : !lz.tensor<65 x 8 x f32>
  %1 = lz.linear %x, %between : (!lz.tensor<4 x 8 x f32>, !lz.tensor<65 x 8 x f32>) -> !lz.tensor<4 x 65 x f32>
  %many = lz.get_parameter "many" : !lz.tensor<8 x 1000 x f32>
  %2 = lz.matmul %x, %many : (!lz.tensor<4 x 8 x f32>, !lz.tensor<8 x 1000 x f32>) -> !lz.tensor<4 x 1000 x f32>
  lz.return %0, %1, %2 : !lz.tensor<4 x 50 x f32>, !lz.tensor<4 x 65 x f32>, !lz.tensor<4 x 1000 x f32>
}

// -----

// An embedding reads the panels of the last layer, also from another function, unless
// somebody reads its table as it is.
// CHECK-LABEL: lz.func @tied
// CHECK: lz.gather_panels {{.*}} {rows = 100} : {{.*}} -> !lz.tensor<4 x 8 x f32>
// CHECK: lz.linear {{.*}} {columns = 100
// CHECK: lz.gather {{.*}} -> !lz.tensor<4 x 8 x f32>
// CHECK-LABEL: lz.func @embed
// CHECK: lz.gather_panels {{.*}} {rows = 100} : {{.*}} -> !lz.tensor<4 x 8 x f32>
// UNASKED-LABEL: lz.func @tied
// UNASKED-NOT: lz.gather_panels
lz.parameter "table" : !lz.tensor<100 x 8 x f32>
lz.parameter "other" : !lz.tensor<100 x 8 x f32>
lz.func @tied(%i: !lz.tensor<4 x i64>) -> (!lz.tensor<4 x 100 x f32>, !lz.tensor<4 x 100 x f32>, !lz.tensor<100 x 8 x f32>) {
  %table = lz.get_parameter "table" : !lz.tensor<100 x 8 x f32>
  %0 = lz.gather %table, %i : (!lz.tensor<100 x 8 x f32>, !lz.tensor<4 x i64>) -> !lz.tensor<4 x 8 x f32>
  %1 = lz.linear %0, %table : (!lz.tensor<4 x 8 x f32>, !lz.tensor<100 x 8 x f32>) -> !lz.tensor<4 x 100 x f32>
  %other = lz.get_parameter "other" : !lz.tensor<100 x 8 x f32>
  %2 = lz.gather %other, %i : (!lz.tensor<100 x 8 x f32>, !lz.tensor<4 x i64>) -> !lz.tensor<4 x 8 x f32>
  %3 = lz.linear %2, %other : (!lz.tensor<4 x 8 x f32>, !lz.tensor<100 x 8 x f32>) -> !lz.tensor<4 x 100 x f32>
  lz.return %1, %3, %other : !lz.tensor<4 x 100 x f32>, !lz.tensor<4 x 100 x f32>, !lz.tensor<100 x 8 x f32>
}
lz.func @embed(%i: !lz.tensor<4 x i64>) -> !lz.tensor<4 x 8 x f32> {
  %table = lz.get_parameter "table" : !lz.tensor<100 x 8 x f32>
  %0 = lz.gather %table, %i : (!lz.tensor<100 x 8 x f32>, !lz.tensor<4 x i64>) -> !lz.tensor<4 x 8 x f32>
  lz.return %0 : !lz.tensor<4 x 8 x f32>
}

// -----

// Weights that a run computes, a vector, another dtype, several matrices, and what has
// panels already.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.reshape
lz.parameter "half" : !lz.tensor<64 x 8 x f16>
lz.parameter "several" : !lz.tensor<2 x 8 x 64 x f32>
lz.parameter "square" : !lz.tensor<8 x 64 x f32>
lz.func @others(%x: !lz.tensor<4 x 8 x f32>, %h: !lz.tensor<4 x 8 x f16>, %w: !lz.tensor<64 x 8 x f32>, %v: !lz.tensor<8 x f32>) -> (!lz.tensor<4 x 64 x f32>, !lz.tensor<4 x 64 x f16>, !lz.tensor<2 x 4 x 64 x f32>, !lz.tensor<64 x f32>, !lz.tensor<4 x 128 x f32>) {
  %0 = lz.linear %x, %w : (!lz.tensor<4 x 8 x f32>, !lz.tensor<64 x 8 x f32>) -> !lz.tensor<4 x 64 x f32>
  %half = lz.get_parameter "half" : !lz.tensor<64 x 8 x f16>
  %2 = lz.linear %h, %half : (!lz.tensor<4 x 8 x f16>, !lz.tensor<64 x 8 x f16>) -> !lz.tensor<4 x 64 x f16>
  %several = lz.get_parameter "several" : !lz.tensor<2 x 8 x 64 x f32>
  %3 = lz.matmul %x, %several : (!lz.tensor<4 x 8 x f32>, !lz.tensor<2 x 8 x 64 x f32>) -> !lz.tensor<2 x 4 x 64 x f32>
  %square = lz.get_parameter "square" : !lz.tensor<8 x 64 x f32>
  %4 = lz.matmul %v, %square : (!lz.tensor<8 x f32>, !lz.tensor<8 x 64 x f32>) -> !lz.tensor<64 x f32>
  %5 = lz.linear %x, %several : (!lz.tensor<4 x 8 x f32>, !lz.tensor<2 x 8 x 64 x f32>) -> !lz.tensor<4 x 128 x f32>
  lz.return %0, %2, %3, %4, %5 : !lz.tensor<4 x 64 x f32>, !lz.tensor<4 x 64 x f16>, !lz.tensor<2 x 4 x 64 x f32>, !lz.tensor<64 x f32>, !lz.tensor<4 x 128 x f32>
}
