// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// A unit is a panel and up to 48 columns of a row; with padding it copies what it reads, row by row:
// zeros, the image, zeros. One product sums over rows of the kernel and all that a row of a window has:
// 7 columns of 3 channels, beginning 6 elements after those of the result before.
// CHECK: #[[WINDOW:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3, d1 * 6 + d4)>
// CHECK: #[[PANEL:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d3, d4, d2)>
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall {{.*}} in (2, 1, 16, 1) shared_outs
// CHECK: scf.for
// CHECK: linalg.fill
// CHECK: linalg.copy
// CHECK: linalg.fill
// CHECK: tensor.extract_slice {{.*}} to tensor<7x21x64xf32>
// CHECK: linalg.generic {indexing_maps = [#[[WINDOW]], #[[PANEL]], {{.*}}], iterator_types = ["parallel", "parallel", "parallel", "reduction", "reduction"]}
// CHECK: tensor.parallel_insert_slice
lz.func @first(%x: !lz.tensor<1 x 32 x 64 x 3 x f32>, %w: !lz.tensor<2 x 7 x 7 x 3 x 64 x f32>) -> !lz.tensor<1 x 16 x 32 x 128 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<1 x 32 x 64 x 3 x f32>, !lz.tensor<2 x 7 x 7 x 3 x 64 x f32>) -> !lz.tensor<1 x 16 x 32 x 128 x f32> {
  ^bb0(%a: !lz.tensor<1 x 32 x 64 x 3 x f32>, %b: !lz.tensor<2 x 7 x 7 x 3 x 64 x f32>):
    %1 = lz.conv_panels %a, %b {strides = [2, 2], pads_begin = [3, 3], pads_end = [3, 3]} : (!lz.tensor<1 x 32 x 64 x 3 x f32>, !lz.tensor<2 x 7 x 7 x 3 x 64 x f32>) -> !lz.tensor<1 x 16 x 32 x 128 x f32>
    lz.yield %1 : !lz.tensor<1 x 16 x 32 x 128 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 16 x 32 x 128 x f32>
}

// -----

// Without padding windows are read where they are.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall {{.*}} in (1, 1, 14, 1) shared_outs
// CHECK-NOT: linalg.copy
// CHECK: linalg.generic
// CHECK-NOT: linalg.copy
// CHECK: tensor.parallel_insert_slice
lz.func @apart(%x: !lz.tensor<1 x 28 x 28 x 16 x f32>, %w: !lz.tensor<1 x 1 x 1 x 16 x 64 x f32>) -> !lz.tensor<1 x 14 x 14 x 64 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<1 x 28 x 28 x 16 x f32>, !lz.tensor<1 x 1 x 1 x 16 x 64 x f32>) -> !lz.tensor<1 x 14 x 14 x 64 x f32> {
  ^bb0(%a: !lz.tensor<1 x 28 x 28 x 16 x f32>, %b: !lz.tensor<1 x 1 x 1 x 16 x 64 x f32>):
    %1 = lz.conv_panels %a, %b {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0]} : (!lz.tensor<1 x 28 x 28 x 16 x f32>, !lz.tensor<1 x 1 x 1 x 16 x 64 x f32>) -> !lz.tensor<1 x 14 x 14 x 64 x f32>
    lz.yield %1 : !lz.tensor<1 x 14 x 14 x 64 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 14 x 14 x 64 x f32>
}

// -----

// A panel that no cache holds is read one row of the kernel after the other, for seven rows of results.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall {{.*}} in (16, 1, 1, 1) shared_outs
// CHECK: scf.for {{.*}} -> (tensor<9x4608xf32>)
// CHECK: scf.for {{.*}} -> (tensor<7x7x32xf32>)
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK: tensor.parallel_insert_slice
lz.func @deep(%x: !lz.tensor<1 x 7 x 7 x 512 x f32>, %w: !lz.tensor<16 x 3 x 3 x 512 x 32 x f32>) -> !lz.tensor<1 x 7 x 7 x 512 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<1 x 7 x 7 x 512 x f32>, !lz.tensor<16 x 3 x 3 x 512 x 32 x f32>) -> !lz.tensor<1 x 7 x 7 x 512 x f32> {
  ^bb0(%a: !lz.tensor<1 x 7 x 7 x 512 x f32>, %b: !lz.tensor<16 x 3 x 3 x 512 x 32 x f32>):
    %1 = lz.conv_panels %a, %b {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 7 x 7 x 512 x f32>, !lz.tensor<16 x 3 x 3 x 512 x 32 x f32>) -> !lz.tensor<1 x 7 x 7 x 512 x f32>
    lz.yield %1 : !lz.tensor<1 x 7 x 7 x 512 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 7 x 7 x 512 x f32>
}
