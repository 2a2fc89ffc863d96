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
// UNASKED: lz.matmul
// UNASKED: lz.linear {{.*}} !lz.tensor<144 x 128 x f32>
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

// Weights that a run computes, columns that make no whole panels, a vector, another
// dtype, several matrices, and what has panels already.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.reshape
lz.parameter "odd" : !lz.tensor<50 x 8 x f32>
lz.parameter "half" : !lz.tensor<64 x 8 x f16>
lz.parameter "several" : !lz.tensor<2 x 8 x 64 x f32>
lz.parameter "square" : !lz.tensor<8 x 64 x f32>
lz.func @others(%x: !lz.tensor<4 x 8 x f32>, %h: !lz.tensor<4 x 8 x f16>, %w: !lz.tensor<64 x 8 x f32>, %v: !lz.tensor<8 x f32>) -> (!lz.tensor<4 x 64 x f32>, !lz.tensor<4 x 50 x f32>, !lz.tensor<4 x 64 x f16>, !lz.tensor<2 x 4 x 64 x f32>, !lz.tensor<64 x f32>, !lz.tensor<4 x 128 x f32>) {
  %0 = lz.linear %x, %w : (!lz.tensor<4 x 8 x f32>, !lz.tensor<64 x 8 x f32>) -> !lz.tensor<4 x 64 x f32>
  %odd = lz.get_parameter "odd" : !lz.tensor<50 x 8 x f32>
  %1 = lz.linear %x, %odd : (!lz.tensor<4 x 8 x f32>, !lz.tensor<50 x 8 x f32>) -> !lz.tensor<4 x 50 x f32>
  %half = lz.get_parameter "half" : !lz.tensor<64 x 8 x f16>
  %2 = lz.linear %h, %half : (!lz.tensor<4 x 8 x f16>, !lz.tensor<64 x 8 x f16>) -> !lz.tensor<4 x 64 x f16>
  %several = lz.get_parameter "several" : !lz.tensor<2 x 8 x 64 x f32>
  %3 = lz.matmul %x, %several : (!lz.tensor<4 x 8 x f32>, !lz.tensor<2 x 8 x 64 x f32>) -> !lz.tensor<2 x 4 x 64 x f32>
  %square = lz.get_parameter "square" : !lz.tensor<8 x 64 x f32>
  %4 = lz.matmul %v, %square : (!lz.tensor<8 x f32>, !lz.tensor<8 x 64 x f32>) -> !lz.tensor<64 x f32>
  %5 = lz.linear %x, %several : (!lz.tensor<4 x 8 x f32>, !lz.tensor<2 x 8 x 64 x f32>) -> !lz.tensor<4 x 128 x f32>
  lz.return %0, %1, %2, %3, %4, %5 : !lz.tensor<4 x 64 x f32>, !lz.tensor<4 x 50 x f32>, !lz.tensor<4 x 64 x f16>, !lz.tensor<2 x 4 x 64 x f32>, !lz.tensor<64 x f32>, !lz.tensor<4 x 128 x f32>
}
