// Shapes of matrix products, convolutions, normalization, recurrent layers and attention.
// RUN: lazuli-opt %s --lz-infer-shapes | FileCheck %s

// Leading axes of matrices broadcast.
// CHECK: lz.func @matmul({{.*}}) -> !lz.tensor<"n" x 5 x 2 x 4 x f32> {
lz.func @matmul(%a: !lz.tensor<"n" x 1 x 2 x 3 x f32>, %b: !lz.tensor<5 x 3 x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.matmul %a, %b : (!lz.tensor<"n" x 1 x 2 x 3 x f32>, !lz.tensor<5 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A vector on the left loses its axis.
// CHECK: lz.func @vector_left({{.*}}) -> !lz.tensor<5 x 4 x f32> {
lz.func @vector_left(%a: !lz.tensor<3 x f32>, %b: !lz.tensor<5 x 3 x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.matmul %a, %b : (!lz.tensor<3 x f32>, !lz.tensor<5 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A vector on the right too.
// CHECK: lz.func @vector_right({{.*}}) -> !lz.tensor<"n" x f32> {
lz.func @vector_right(%a: !lz.tensor<"n" x 3 x f32>, %b: !lz.tensor<3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.matmul %a, %b : (!lz.tensor<"n" x 3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Two vectors give a scalar.
// CHECK: lz.func @dot({{.*}}) -> !lz.tensor<f32> {
lz.func @dot(%a: !lz.tensor<3 x f32>, %b: !lz.tensor<3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.matmul %a, %b : (!lz.tensor<3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Linear replaces the last axis, however many there are.
// CHECK: lz.func @linear({{.*}}) -> !lz.tensor<"n" x "t" x 4 x f32> {
lz.func @linear(%a: !lz.tensor<"n" x "t" x 3 x f32>, %b: !lz.tensor<4 x 3 x f32>, %c: !lz.tensor<4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.linear %a, %b, %c : (!lz.tensor<"n" x "t" x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Panels of 8 rows of the weights each.
// CHECK: lz.func @linear_panels({{.*}}) -> !lz.tensor<"n" x "t" x 16 x f32> {
lz.func @linear_panels(%a: !lz.tensor<"n" x "t" x 3 x f32>, %b: !lz.tensor<2 x 3 x 8 x f32>, %c: !lz.tensor<16 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.linear %a, %b, %c : (!lz.tensor<"n" x "t" x 3 x f32>, !lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<16 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The last panel is padded.
// CHECK: lz.func @linear_padded({{.*}}) -> !lz.tensor<"n" x 13 x f32> {
lz.func @linear_padded(%a: !lz.tensor<"n" x 3 x f32>, %b: !lz.tensor<2 x 3 x 8 x f32>, %c: !lz.tensor<13 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.linear %a, %b, %c {columns = 13} : (!lz.tensor<"n" x 3 x f32>, !lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<13 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Linear of one vector.
// CHECK: lz.func @linear_vector({{.*}}) -> !lz.tensor<4 x f32> {
lz.func @linear_vector(%a: !lz.tensor<3 x f32>, %b: !lz.tensor<4 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.linear %a, %b : (!lz.tensor<3 x f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Strides, dilations and uneven padding.
// CHECK: lz.func @conv({{.*}}) -> !lz.tensor<"n" x 4 x 4 x 8 x f32> {
lz.func @conv(%a: !lz.tensor<"n" x 3 x 8 x 9 x f32>, %b: !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b {strides = [2, 1], dilations = [1, 2], pads_begin = [1, 0], pads_end = [1, 3]} : (!lz.tensor<"n" x 3 x 8 x 9 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A symbolic length.
// CHECK: lz.func @conv_length({{.*}}) -> !lz.tensor<1 x 4 x [l - 2] x f32> {
lz.func @conv_length(%a: !lz.tensor<1 x 3 x "l" x f32>, %b: !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<1 x 3 x "l" x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Without a batch.
// CHECK: lz.func @conv_unbatched({{.*}}) -> !lz.tensor<4 x 6 x f32> {
lz.func @conv_unbatched(%a: !lz.tensor<3 x 8 x f32>, %b: !lz.tensor<4 x 3 x 3 x f32>, %c: !lz.tensor<4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b, %c {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<4 x 3 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Groups divide the channels of input and weight.
// CHECK: lz.func @conv_groups({{.*}}) -> !lz.tensor<2 x 9 x 6 x f32> {
lz.func @conv_groups(%a: !lz.tensor<2 x 6 x 8 x f32>, %b: !lz.tensor<9 x 2 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], groups = 3} : (!lz.tensor<2 x 6 x 8 x f32>, !lz.tensor<9 x 2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// No channels, no input, but an output.
// CHECK: lz.func @conv_empty({{.*}}) -> !lz.tensor<2 x 4 x 6 x f32> {
lz.func @conv_empty(%a: !lz.tensor<2 x 0 x 8 x f32>, %b: !lz.tensor<4 x 0 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<2 x 0 x 8 x f32>, !lz.tensor<4 x 0 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A transposed convolution; groups multiply the output channels.
// CHECK: lz.func @conv_transpose({{.*}}) -> !lz.tensor<2 x 6 x 18 x f32> {
lz.func @conv_transpose(%a: !lz.tensor<2 x 6 x 8 x f32>, %b: !lz.tensor<6 x 3 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv_transpose %a, %b {strides = [2], dilations = [2], pads_begin = [1], pads_end = [1], output_padding = [1], groups = 2} : (!lz.tensor<2 x 6 x 8 x f32>, !lz.tensor<6 x 3 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Pooling rounds down ...
// CHECK: lz.func @pool_floor({{.*}}) -> !lz.tensor<"n" x 3 x 4 x 4 x f32> {
lz.func @pool_floor(%a: !lz.tensor<"n" x 3 x 8 x 7 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.pool max %a {kernel = [3, 3], strides = [2, 2], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 7 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// ... or up, but no window starts in the end padding.
// CHECK: lz.func @pool_ceil({{.*}}) -> !lz.tensor<"n" x 3 x 5 x 3 x f32> {
lz.func @pool_ceil(%a: !lz.tensor<"n" x 3 x 8 x 7 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.pool avg %a {kernel = [2, 2], strides = [2, 3], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], ceil_mode = true} : (!lz.tensor<"n" x 3 x 8 x 7 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Pooling without a batch.
// CHECK: lz.func @pool_unbatched({{.*}}) -> !lz.tensor<3 x 4 x f32> {
lz.func @pool_unbatched(%a: !lz.tensor<3 x 8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.pool max %a {kernel = [2], strides = [2], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<3 x 8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Adaptive pooling gives the size asked for, or keeps it.
// CHECK: lz.func @adaptive({{.*}}) -> !lz.tensor<"n" x 3 x 2 x "w" x f32> {
lz.func @adaptive(%a: !lz.tensor<"n" x 3 x 8 x "w" x f32>) -> !lz.tensor<* x f32> {
  %y = lz.adaptive_avg_pool %a {output_size = [2, -1]} : (!lz.tensor<"n" x 3 x 8 x "w" x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Normalization keeps the shape.
// CHECK: lz.func @layer_norm({{.*}}) -> !lz.tensor<"n" x 3 x 8 x f32> {
lz.func @layer_norm(%a: !lz.tensor<"n" x 3 x 8 x f32>, %b: !lz.tensor<3 x 8 x f32>, %c: !lz.tensor<3 x 8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.layer_norm %a weights %b bias %c {axes_count = 2} : (!lz.tensor<"n" x 3 x 8 x f32>, !lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Statistics in f32 beside a bf16 input.
// CHECK: lz.func @mixed({{.*}}) -> !lz.tensor<"n" x 3 x bf16> {
lz.func @mixed(%a: !lz.tensor<"n" x 3 x bf16>, %b: !lz.tensor<3 x f32>, %c: !lz.tensor<3 x f32>) -> !lz.tensor<* x bf16> {
  %y = lz.batch_norm %a, %b, %c : (!lz.tensor<"n" x 3 x bf16>, !lz.tensor<3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x bf16>
  lz.return %y : !lz.tensor<* x bf16>
}

// A recurrent layer replaces the features.
// CHECK: lz.func @gru({{.*}}) -> !lz.tensor<"t" x 2 x 4 x f32> {
lz.func @gru(%a: !lz.tensor<"t" x 2 x 3 x f32>, %b: !lz.tensor<12 x 3 x f32>, %c: !lz.tensor<12 x 4 x f32>) -> !lz.tensor<* x f32> {
  %y, %h = lz.recurrent gru %a weights %b, %c : (!lz.tensor<"t" x 2 x 3 x f32>, !lz.tensor<12 x 3 x f32>, !lz.tensor<12 x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return %y : !lz.tensor<* x f32>
}

// Steps of one leave a value for each hidden unit.
// CHECK: lz.func @steps({{.*}}) -> (!lz.tensor<2 x "t" x 4 x f32>, !lz.tensor<2 x 4 x f32>) {
lz.func @steps(%a: !lz.tensor<2 x "t" x 2 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  %y, %h = lz.recurrent_steps gru %a weights %b {batch_first = true} : (!lz.tensor<2 x "t" x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return %y, %h : !lz.tensor<* x f32>, !lz.tensor<* x f32>
}

// Attention: the length of the query, the width of the value.
// CHECK: lz.func @attention({{.*}}) -> !lz.tensor<"b" x 2 x "l" x 6 x f32> {
lz.func @attention(%a: !lz.tensor<"b" x 2 x "l" x 8 x f32>, %b: !lz.tensor<"b" x 1 x "s" x 8 x f32>, %c: !lz.tensor<"b" x 1 x "s" x 6 x f32>, %d: !lz.tensor<"l" x "s" x i1>) -> !lz.tensor<* x f32> {
  %y = lz.attention %a, %b, %c, %d : (!lz.tensor<"b" x 2 x "l" x 8 x f32>, !lz.tensor<"b" x 1 x "s" x 8 x f32>, !lz.tensor<"b" x 1 x "s" x 6 x f32>, !lz.tensor<"l" x "s" x i1>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Channels as the last axis: of convolutions,
// CHECK: lz.func @conv_channels_last({{.*}}) -> !lz.tensor<"n" x 4 x 8 x 6 x f32> {
lz.func @conv_channels_last(%a: !lz.tensor<"n" x 8 x 9 x 3 x f32>, %b: !lz.tensor<6 x 3 x 3 x 3 x f32>, %c: !lz.tensor<6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv %a, %b, %c {channels_last, strides = [2, 1], dilations = [1, 2], pads_begin = [1, 0], pads_end = [1, 3]} : (!lz.tensor<"n" x 8 x 9 x 3 x f32>, !lz.tensor<6 x 3 x 3 x 3 x f32>, !lz.tensor<6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// of transposed ones without a batch,
// CHECK: lz.func @conv_transpose_channels_last({{.*}}) -> !lz.tensor<[2*l + 2] x 8 x f32> {
lz.func @conv_transpose_channels_last(%a: !lz.tensor<"l" x 6 x f32>, %b: !lz.tensor<6 x 4 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv_transpose %a, %b {channels_last, strides = [2], dilations = [1], pads_begin = [0], pads_end = [0], output_padding = [1], groups = 2} : (!lz.tensor<"l" x 6 x f32>, !lz.tensor<6 x 4 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// of pooling,
// CHECK: lz.func @pool_channels_last({{.*}}) -> !lz.tensor<"n" x 4 x 3 x 5 x f32> {
lz.func @pool_channels_last(%a: !lz.tensor<"n" x 8 x 6 x 5 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.pool max %a {channels_last, kernel = [2, 2], strides = [2, 2], dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0]} : (!lz.tensor<"n" x 8 x 6 x 5 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// and of adaptive pooling.
// CHECK: lz.func @adaptive_channels_last({{.*}}) -> !lz.tensor<"n" x 2 x 6 x 5 x f32> {
lz.func @adaptive_channels_last(%a: !lz.tensor<"n" x 8 x 6 x 5 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.adaptive_avg_pool %a {channels_last, output_size = [2, -1]} : (!lz.tensor<"n" x 8 x 6 x 5 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The channels of Winograd's algorithm need not fill their blocks.
// CHECK: lz.func @conv_winograd({{.*}}) -> !lz.tensor<"n" x 6 x 9 x 20 x f32> {
lz.func @conv_winograd(%a: !lz.tensor<"n" x 8 x 9 x 3 x f32>, %b: !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [0, 2], pads_end = [0, 0]} : (!lz.tensor<"n" x 8 x 9 x 3 x f32>, !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Panels make the channels of a convolution.
// CHECK: lz.func @conv_panels({{.*}}) -> !lz.tensor<"n" x 4 x 5 x 96 x f32> {
lz.func @conv_panels(%a: !lz.tensor<"n" x 8 x 9 x 3 x f32>, %b: !lz.tensor<2 x 3 x 5 x 3 x 48 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv_panels %a, %b {strides = [2, 2], pads_begin = [1, 2], pads_end = [0, 3]} : (!lz.tensor<"n" x 8 x 9 x 3 x f32>, !lz.tensor<2 x 3 x 5 x 3 x 48 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A convolution of each channel keeps the channels.
// CHECK: lz.func @conv_depthwise({{.*}}) -> !lz.tensor<"n" x 4 x 3 x 32 x f32> {
lz.func @conv_depthwise(%a: !lz.tensor<"n" x 8 x 9 x 32 x f32>, %b: !lz.tensor<3 x 5 x 32 x f32>, %c: !lz.tensor<32 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.conv_depthwise %a, %b, %c {strides = [2, 2], dilations = [1, 2], pads_begin = [1, 2], pads_end = [0, 3]} : (!lz.tensor<"n" x 8 x 9 x 32 x f32>, !lz.tensor<3 x 5 x 32 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
