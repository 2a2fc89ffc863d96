// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// One grid of blocks; in each, patches are transformed, then by panels the weights, whose
// products are a contraction for each of the 36 points; vectors lie along channels.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall ({{.*}}) in (3, {{[0-9]+}}, {{[0-9]+}}, {{[0-9]+}}) shared_outs
// CHECK: linalg.fill {{.*}} outs(%{{.*}} : tensor<?x32xf32>)
// CHECK: linalg.copy {{.*}} outs(%{{.*}} : tensor<?x20xf32>)
// CHECK-COUNT-36: vector.transfer_read %{{.*}} {in_bounds = [true]} : tensor<6x{{[0-9]+}}x32xf32>, vector<16xf32>
// CHECK-COUNT-36: vector.transfer_write
// CHECK-COUNT-9: vector.transfer_read %{{.*}} : tensor<3x20x3x3x16xf32>, vector<16xf32>
// CHECK-COUNT-36: vector.transfer_write
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK-COUNT-36: vector.transfer_read
// CHECK-COUNT-16: vector.transfer_write
// CHECK: tensor.parallel_insert_slice
lz.func @plain(%x: !lz.tensor<3 x 9 x 8 x 20 x f32>, %w: !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<3 x 9 x 8 x 40 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<3 x 9 x 8 x 20 x f32>, !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<3 x 9 x 8 x 40 x f32> {
  ^bb0(%a: !lz.tensor<3 x 9 x 8 x 20 x f32>, %b: !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>):
    %1 = lz.conv_winograd %a, %b {channels = 40, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<3 x 9 x 8 x 20 x f32>, !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<3 x 9 x 8 x 40 x f32>
    lz.yield %1 : !lz.tensor<3 x 9 x 8 x 40 x f32>
  }
  lz.return %0 : !lz.tensor<3 x 9 x 8 x 40 x f32>
}

// -----

// No image, no loop.
// CHECK-LABEL: func.func @kernel
// CHECK-NOT: scf.forall
// CHECK: return
lz.func @none(%x: !lz.tensor<0 x 9 x 8 x 20 x f32>, %w: !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<0 x 9 x 8 x 40 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<0 x 9 x 8 x 20 x f32>, !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<0 x 9 x 8 x 40 x f32> {
  ^bb0(%a: !lz.tensor<0 x 9 x 8 x 20 x f32>, %b: !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>):
    %1 = lz.conv_winograd %a, %b {channels = 40, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<0 x 9 x 8 x 20 x f32>, !lz.tensor<3 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<0 x 9 x 8 x 40 x f32>
    lz.yield %1 : !lz.tensor<0 x 9 x 8 x 40 x f32>
  }
  lz.return %0 : !lz.tensor<0 x 9 x 8 x 40 x f32>
}

// -----

// Channels of a concatenation are copied from where its sources have them; it is not made.
// CHECK-LABEL: func.func @kernel
// CHECK-NOT: tensor<1x9x8x20xf32>
// CHECK: scf.forall
// CHECK: linalg.copy {{.*}} outs(%{{.*}} : tensor<?x4xf32>)
// CHECK: linalg.copy {{.*}} outs(%{{.*}} : tensor<?x16xf32>)
// CHECK-NOT: linalg.copy
// CHECK: tensor.parallel_insert_slice
lz.func @joined(%x: !lz.tensor<1 x 9 x 8 x 4 x f32>, %y: !lz.tensor<1 x 9 x 8 x 16 x f32>, %w: !lz.tensor<1 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<1 x 9 x 8 x 16 x f32> {
  %0 = lz.fused "cpu"(%x, %y, %w) : (!lz.tensor<1 x 9 x 8 x 4 x f32>, !lz.tensor<1 x 9 x 8 x 16 x f32>, !lz.tensor<1 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<1 x 9 x 8 x 16 x f32> {
  ^bb0(%a: !lz.tensor<1 x 9 x 8 x 4 x f32>, %b: !lz.tensor<1 x 9 x 8 x 16 x f32>, %c: !lz.tensor<1 x 20 x 3 x 3 x 16 x f32>):
    %1 = lz.concat %a, %b {axis = -1} : (!lz.tensor<1 x 9 x 8 x 4 x f32>, !lz.tensor<1 x 9 x 8 x 16 x f32>) -> !lz.tensor<1 x 9 x 8 x 20 x f32>
    %2 = lz.conv_winograd %1, %c {channels = 16, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 9 x 8 x 20 x f32>, !lz.tensor<1 x 20 x 3 x 3 x 16 x f32>) -> !lz.tensor<1 x 9 x 8 x 16 x f32>
    lz.yield %2 : !lz.tensor<1 x 9 x 8 x 16 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 9 x 8 x 16 x f32>
}
