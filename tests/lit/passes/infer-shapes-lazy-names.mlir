// RUN: lazuli-opt %s --split-input-file --verify-diagnostics --lz-infer-shapes

// What an op of a lazy module finds wrong is said of the module.
lz.symbol "features.0.in_channels" lazy {module = "LazyConv1d 'features.0'", field = "in_channels"}
lz.parameter "features.0.weight" : !lz.tensor<8 x "features.0.in_channels" x 3 x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @kernel(%x: !lz.tensor<2 x 4 x 2 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "features.0.weight" : !lz.tensor<8 x "features.0.in_channels" x 3 x f32>
  // expected-error @unknown {{LazyConv1d 'features.0': kernel is larger than the padded input on spatial axis 0}}
  %y = lz.conv %x, %w {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<2 x 4 x 2 x f32>, !lz.tensor<8 x "features.0.in_channels" x 3 x f32>) -> !lz.tensor<* x f32> loc("features.0")
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// The same of a module at the root, whose operations have its class as name.
lz.symbol "in_channels" lazy {module = "LazyConv1d", field = "in_channels", divisor = 3}
lz.parameter "weight" : !lz.tensor<6 x [floordiv(in_channels, 3)] x 3 x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @groups(%x: !lz.tensor<2 x 4 x 8 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "weight" : !lz.tensor<6 x [floordiv(in_channels, 3)] x 3 x f32>
  // expected-error @unknown {{LazyConv1d: in_channels must be divisible by groups, got 4 channels and 3 groups}}
  %y = lz.conv %x, %w {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], groups = 3} : (!lz.tensor<2 x 4 x 8 x f32>, !lz.tensor<6 x [floordiv(in_channels, 3)] x 3 x f32>) -> !lz.tensor<* x f32> loc("LazyConv1d")
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// An op with a name of its own keeps it, here one that reads a lazy state.
lz.symbol "norm.num_features" lazy {module = "Norm 'norm'", field = "num_features"}
lz.state "norm.mean" : !lz.tensor<"norm.num_features" x f32> {init = #lz.fill<0.0>}
lz.func @own(%x: !lz.tensor<2 x 4 x i32>) -> !lz.tensor<* x i32> {
  %m = lz.read "norm.mean" : !lz.tensor<"norm.num_features" x f32>
  // expected-error @unknown {{Norm 'norm' in norm.sub (sub): }}
  %y = lz.sub %x, %m : (!lz.tensor<2 x 4 x i32>, !lz.tensor<"norm.num_features" x f32>) -> !lz.tensor<* x i32> loc("norm.sub")
  lz.return %y : !lz.tensor<* x i32>
}
