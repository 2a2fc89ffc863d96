// Convolutions: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @convolution
lz.func @convolution(%x: !lz.tensor<"n" x 3 x 8 x 8 x f32>, %w: !lz.tensor<4 x 3 x 3 x 3 x f32>, %v: !lz.tensor<4 x f32>, %u: !lz.tensor<3 x 8 x f32>, %t: !lz.tensor<3 x 4 x 3 x f32>, %z: !lz.tensor<"n" x 8 x 8 x 3 x f32>, %s: !lz.tensor<8 x 3 x f32>, %r: !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>, %q: !lz.tensor<3 x 3 x 3 x f32>, %p: !lz.tensor<3 x f32>) {
  // CHECK: lz.conv %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>
  %0 = lz.conv %x, %w {dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>
  // CHECK: lz.conv %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1, 1], groups = 3, pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  %1 = lz.conv %x, %w, %v {dilations = [1, 1], groups = 3, pads_begin = [0, 0], pads_end = [0, 0], strides = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.conv_transpose %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1], output_padding = [1], pads_begin = [0], pads_end = [-1], strides = [2]} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 4 x 3 x f32>) -> !lz.tensor<* x f32>
  %2 = lz.conv_transpose %u, %t {dilations = [1], output_padding = [1], pads_begin = [0], pads_end = [-1], strides = [2]} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 4 x 3 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.conv_transpose %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  %3 = lz.conv_transpose %u, %t, %v {dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.conv %{{[^ ,)]+}}, %{{[^ ,)]+}} {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>
  %4 = lz.conv %z, %w {channels_last, dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], strides = [2, 2]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>
  // CHECK: lz.conv_transpose %{{[^ ,)]+}}, %{{[^ ,)]+}} {channels_last, dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<8 x 3 x f32>, !lz.tensor<3 x 4 x 3 x f32>) -> !lz.tensor<* x f32>
  %5 = lz.conv_transpose %s, %t {channels_last, dilations = [1], output_padding = [0], pads_begin = [0], pads_end = [0], strides = [1]} : (!lz.tensor<8 x 3 x f32>, !lz.tensor<3 x 4 x 3 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.conv_winograd %{{[^ ,)]+}}, %{{[^ ,)]+}} {channels = 4, pads_begin = [1, 1], pads_end = [1, 0]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 8 x 7 x 4 x f32>
  %6 = lz.conv_winograd %z, %r {channels = 4, pads_begin = [1, 1], pads_end = [1, 0]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 8 x 7 x 4 x f32>
  // CHECK: lz.conv_depthwise %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<3 x 3 x 3 x f32>) -> !lz.tensor<* x f32>
  %7 = lz.conv_depthwise %z, %q {dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], strides = [2, 2]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<3 x 3 x 3 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.conv_depthwise %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {dilations = [1, 1], high = 6.000000e+00, low = 0.000000e+00, pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<3 x 3 x 3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<"n" x 8 x 8 x 3 x f32>
  %8 = lz.conv_depthwise %z, %q, %p {dilations = [1, 1], high = 6.0 : f64, low = 0.0 : f64, pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<3 x 3 x 3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<"n" x 8 x 8 x 3 x f32>
  // CHECK: lz.conv_panels %{{[^ ,)]+}}, %{{[^ ,)]+}} {pads_begin = [1, 1], pads_end = [1, 0], strides = [2, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 4 x 7 x 16 x f32>
  %9 = lz.conv_panels %z, %r {pads_begin = [1, 1], pads_end = [1, 0], strides = [2, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 4 x 7 x 16 x f32>
  lz.return
}
