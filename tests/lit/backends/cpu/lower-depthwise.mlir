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

// -----

// Strips of one row of results and of one vector of channels. Each computes the three rows of its source that it
// reads, fewer at the borders, of its channels alone, and reads them there.
// CHECK-DAG: #[[FIRST:.*]] = affine_map<()[s0] -> (s0 * 2 - 1, 0)>
// CHECK-DAG: #[[MOST:.*]] = affine_map<()[s0] -> (s0, 3)>
// CHECK-LABEL: func.func @kernel
// CHECK: %[[SRC:.*]] = tensor.collapse_shape %arg0
// CHECK-NOT: linalg.generic
// CHECK: scf.forall (%{{.*}}, %[[H:.*]], %[[C:.*]]) in (1, 7, 2) shared_outs
// CHECK: affine.max #[[FIRST]]
// CHECK: %[[ROWS:.*]] = affine.min #[[MOST]]
// CHECK: tensor.extract_slice %[[SRC]][%{{.*}}, 0, 0] [%[[ROWS]], 20, 5] [1, 1, 1]
// CHECK: tensor.extract_slice %arg1[0, %{{.*}}] [5, 16] [1, 1]
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: %[[IMAGE:.*]] = linalg.generic
// CHECK: } -> tensor<?x20x16xf32>
// CHECK: vector.transfer_read %[[IMAGE]][
// CHECK: tensor.parallel_insert_slice
lz.func @computed(%x: !lz.tensor<1 x 14 x 20 x 5 x f32>, %m: !lz.tensor<5 x 32 x f32>, %w: !lz.tensor<3 x 3 x 32 x f32>) -> !lz.tensor<1 x 7 x 10 x 32 x f32> {
  %0 = lz.fused "cpu"(%x, %m, %w) : (!lz.tensor<1 x 14 x 20 x 5 x f32>, !lz.tensor<5 x 32 x f32>, !lz.tensor<3 x 3 x 32 x f32>) -> !lz.tensor<1 x 7 x 10 x 32 x f32> {
  ^bb0(%a: !lz.tensor<1 x 14 x 20 x 5 x f32>, %b: !lz.tensor<5 x 32 x f32>, %c: !lz.tensor<3 x 3 x 32 x f32>):
    %1 = lz.matmul %a, %b : (!lz.tensor<1 x 14 x 20 x 5 x f32>, !lz.tensor<5 x 32 x f32>) -> !lz.tensor<1 x 14 x 20 x 32 x f32>
    %2 = lz.relu %1 : (!lz.tensor<1 x 14 x 20 x 32 x f32>) -> !lz.tensor<1 x 14 x 20 x 32 x f32>
    %3 = lz.conv_depthwise %2, %c {strides = [2, 2], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 14 x 20 x 32 x f32>, !lz.tensor<3 x 3 x 32 x f32>) -> !lz.tensor<1 x 7 x 10 x 32 x f32>
    lz.yield %3 : !lz.tensor<1 x 7 x 10 x 32 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 7 x 10 x 32 x f32>
}
