// Pooling: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @pooling
lz.func @pooling(%x: !lz.tensor<"n" x 3 x 8 x 8 x f32>, %y: !lz.tensor<"n" x 8 x 3 x f32>) {
  // CHECK: lz.pool max %{{[^ ,)]+}} {dilations = [1, 1], kernel = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 3 x 4 x 4 x f32>
  %0 = lz.pool max %x {dilations = [1, 1], kernel = [2, 2], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 3 x 4 x 4 x f32>
  // CHECK: lz.pool avg %{{[^ ,)]+}} {ceil_mode = true, count_include_pad = false, dilations = [1, 1], divisor_override = 2, kernel = [3, 3], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<* x f32>
  %1 = lz.pool avg %x {ceil_mode = true, count_include_pad = false, dilations = [1, 1], divisor_override = 2, kernel = [3, 3], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.adaptive_avg_pool %{{[^ ,)]+}} {output_size = [1, -1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 3 x 1 x 8 x f32>
  %2 = lz.adaptive_avg_pool %x {output_size = [1, -1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 3 x 1 x 8 x f32>
  // CHECK: lz.pool max %{{[^ ,)]+}} {channels_last, dilations = [1], kernel = [2], pads_begin = [0], pads_end = [0], strides = [2]} : (!lz.tensor<"n" x 8 x 3 x f32>) -> !lz.tensor<"n" x 4 x 3 x f32>
  %3 = lz.pool max %y {channels_last, dilations = [1], kernel = [2], pads_begin = [0], pads_end = [0], strides = [2]} : (!lz.tensor<"n" x 8 x 3 x f32>) -> !lz.tensor<"n" x 4 x 3 x f32>
  // CHECK: lz.adaptive_avg_pool %{{[^ ,)]+}} {channels_last, output_size = [1]} : (!lz.tensor<"n" x 8 x 3 x f32>) -> !lz.tensor<"n" x 1 x 3 x f32>
  %4 = lz.adaptive_avg_pool %y {channels_last, output_size = [1]} : (!lz.tensor<"n" x 8 x 3 x f32>) -> !lz.tensor<"n" x 1 x 3 x f32>
  lz.return
}
