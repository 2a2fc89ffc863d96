// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// Two blocks of a row, 10 and 9 columns; a tap of the first and the last falls into the padding. Each
// of 11 and 10 columns is read once for its three taps. Results are written where they belong.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall (%[[N:.*]], %[[H:.*]], %{{.*}}) in (3, 9, 1) shared_outs
// CHECK: tensor.extract_slice
// CHECK: scf.for
// CHECK: vector.transfer_read %{{.*}} : tensor<20xf32>, vector<16xf32>
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-3: vector.transfer_read %{{.*}} : tensor<3x3x20xf32>, vector<16xf32>
// CHECK-COUNT-11: vector.transfer_read %{{.*}} : tensor<3x9x19x20xf32>, vector<16xf32>
// CHECK-NOT: vector.transfer_read
// CHECK: scf.yield
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf ogt
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: tensor.parallel_insert_slice
lz.func @plain(%x: !lz.tensor<3 x 9 x 19 x 20 x f32>, %w: !lz.tensor<3 x 3 x 20 x f32>, %v: !lz.tensor<20 x f32>) -> !lz.tensor<3 x 9 x 19 x 20 x f32> {
  %0 = lz.fused "cpu"(%x, %w, %v) : (!lz.tensor<3 x 9 x 19 x 20 x f32>, !lz.tensor<3 x 3 x 20 x f32>, !lz.tensor<20 x f32>) -> !lz.tensor<3 x 9 x 19 x 20 x f32> {
  ^bb0(%a: !lz.tensor<3 x 9 x 19 x 20 x f32>, %b: !lz.tensor<3 x 3 x 20 x f32>, %c: !lz.tensor<20 x f32>):
    %1 = lz.conv_depthwise %a, %b, %c {low = 0.0 : f64, high = 6.0 : f64, strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<3 x 9 x 19 x 20 x f32>, !lz.tensor<3 x 3 x 20 x f32>, !lz.tensor<20 x f32>) -> !lz.tensor<3 x 9 x 19 x 20 x f32>
    lz.yield %1 : !lz.tensor<3 x 9 x 19 x 20 x f32>
  }
  lz.return %0 : !lz.tensor<3 x 9 x 19 x 20 x f32>
}

// -----

// Blocks inside of the image are one loop; few rows are shared among threads by channels.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall {{.*}} in (1, 8, 4) shared_outs
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (tensor<
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: tensor.parallel_insert_slice
lz.func @loop(%x: !lz.tensor<1 x 8 x 112 x 128 x f32>, %w: !lz.tensor<3 x 3 x 128 x f32>) -> !lz.tensor<1 x 8 x 112 x 128 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<1 x 8 x 112 x 128 x f32>, !lz.tensor<3 x 3 x 128 x f32>) -> !lz.tensor<1 x 8 x 112 x 128 x f32> {
  ^bb0(%a: !lz.tensor<1 x 8 x 112 x 128 x f32>, %b: !lz.tensor<3 x 3 x 128 x f32>):
    %1 = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 112 x 128 x f32>, !lz.tensor<3 x 3 x 128 x f32>) -> !lz.tensor<1 x 8 x 112 x 128 x f32>
    lz.yield %1 : !lz.tensor<1 x 8 x 112 x 128 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 8 x 112 x 128 x f32>
}
