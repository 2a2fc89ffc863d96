// RUN: lazuli-opt %s --split-input-file --verify-diagnostics --lz-infer-shapes

// A lazy module used with two widths names both uses.
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
lz.parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @twice(%x: !lz.tensor<2 x 64 x f32>, %y: !lz.tensor<2 x 128 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32>
  // expected-note @+1 {{in_features = 64 by input [2, 64] of 'linear'}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x 64 x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  // expected-error @+2 {{LazyLinear 'fc' cannot be materialized: its input has 64 features here and 128 there}}
  // expected-note @+1 {{in_features = 128 by input [2, 128] of 'linear'}}
  %b = lz.linear %y, %w : (!lz.tensor<2 x 128 x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %a, %b : !lz.tensor<* x f32>, !lz.tensor<* x f32>
}

// -----

// A weight file and an input that disagree.
// expected-note @+1 {{in_features = 20 by 'fc.weight' in w.safetensors}}
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features", lz.solution = 20 : i64, lz.origin = "'fc.weight' in w.safetensors"}
lz.parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @weights(%x: !lz.tensor<2 x 40 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32>
  // expected-error @+2 {{LazyLinear 'fc' cannot be materialized: its in_features is 20 by 'fc.weight' in w.safetensors and 40 here}}
  // expected-note @+1 {{in_features = 40 by input [2, 40] of 'linear'}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x 40 x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// Examples that give a lazy module two widths.
module attributes {lz.examples = [{x = !lz.tensor<32 x 20 x f32>}, {x = !lz.tensor<32 x 40 x f32>}]} {
lz.symbol "x.1" dynamic {min = 1}
lz.symbol "bn.num_features" lazy {module = "LazyBatchNorm1d 'bn'", field = "num_features"}
lz.state "bn.mean" : !lz.tensor<"bn.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "bn.var" : !lz.tensor<"bn.num_features" x f32> {init = #lz.fill<1.0>}
// expected-note @+1 {{hint: num_features comes from axis 1 of input 'x', give it one size}}
lz.func @examples(%x: !lz.tensor<32 x "x.1" x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
  %m = lz.read "bn.mean" : !lz.tensor<"bn.num_features" x f32>
  %v = lz.read "bn.var" : !lz.tensor<"bn.num_features" x f32>
  // expected-error @+3 {{LazyBatchNorm1d 'bn' cannot be materialized: its input has 20 features here and 40 there}}
  // expected-note @+2 {{num_features = 20 by input [32, 20] of 'batch_norm', from example #1 (x: [32, 20])}}
  // expected-note @+1 {{num_features = 40 by input [32, 40] of 'batch_norm', from example #2 (x: [32, 40])}}
  %y = lz.batch_norm %x, %m, %v : (!lz.tensor<32 x "x.1" x f32>, !lz.tensor<"bn.num_features" x f32>, !lz.tensor<"bn.num_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
}

// -----

// A dynamic dimension where a lazy module needs a constant.
lz.symbol "width" dynamic {min = 1}
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
lz.parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
// expected-note @+1 {{hint: in_features comes from axis 1 of input 'x', give it one size}}
lz.func @dynamic(%x: !lz.tensor<2 x "width" x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32>
  // expected-error @+2 {{LazyLinear 'fc' cannot be materialized: its in_features would be width, which is dynamic, expected a constant}}
  // expected-note @+1 {{in_features = width by input [2, width] of 'linear'}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x "width" x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// A size that the declaration of the module's field forbids.
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features", divisor = 4}
lz.parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @divisor(%x: !lz.tensor<2 x 6 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32>
  // expected-error @+2 {{LazyLinear 'fc' cannot be materialized: in_features must be divisible by 4, found 6}}
  // expected-note @+1 {{in_features = 6 by input [2, 6] of 'linear'}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x 6 x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// A rank that the module does not take.
lz.func @rank(%x: !lz.tensor<2 x 6 x 8 x 8 x f32>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{BatchNorm1d 'bn'}}
  lz.expect %x ranks [2, 3] for "BatchNorm1d 'bn'" : !lz.tensor<2 x 6 x 8 x 8 x f32>
  lz.return %x : !lz.tensor<2 x 6 x 8 x 8 x f32>
}

// -----

// An input that no example bound.
// expected-error @+1 {{input 'x' has no shape, expected an example input or a declared rank; give --example 'x=f32[...]'}}
lz.func @unbound(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
  lz.return %x : !lz.tensor<* x f32>
}

// -----

// A later layer that does not fit.
lz.parameter "fc.weight" : !lz.tensor<8 x 20 x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @fixed(%x: !lz.tensor<2 x 40 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x 20 x f32>
  // expected-error @+1 {{must agree, found}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x 40 x f32>, !lz.tensor<8 x 20 x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// Examples that break what the model demands of plain dimensions.
module attributes {lz.examples = [{x = !lz.tensor<2 x f32>, y = !lz.tensor<2 x f32>}, {x = !lz.tensor<3 x f32>, y = !lz.tensor<4 x f32>}]} {
lz.symbol "x.0" dynamic {min = 2}
lz.symbol "y.0" dynamic {min = 2}
lz.func @claims(%x: !lz.tensor<"x.0" x f32> {lz.name = "x"}, %y: !lz.tensor<"y.0" x f32> {lz.name = "y"}) -> !lz.tensor<* x f32> {
  // expected-error @+2 {{must agree, found 4 and 3 in example #2 (x: [3], y: [4])}}
  // expected-note @+1 {{the examples make y.0 and x.0 dynamic, and here they must be equal}}
  %z = lz.add %x, %y : (!lz.tensor<"x.0" x f32>, !lz.tensor<"y.0" x f32>) -> !lz.tensor<* x f32>
  lz.return %z : !lz.tensor<* x f32>
}
}

// -----

// A dimension that can only be one number is not dynamic.
lz.symbol "f" dynamic {min = 1}
lz.parameter "fc.weight" : !lz.tensor<8 x 20 x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @pinned(%x: !lz.tensor<2 x "f" x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x 20 x f32>
  // expected-warning @+1 {{dimension 'f' is not dynamic, it can only be 20 here}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x "f" x f32>, !lz.tensor<8 x 20 x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// The same where a multiple of it is asked for.
lz.symbol "n" dynamic {min = 1}
lz.func @multiple(%x: !lz.tensor<["n" * 128] x f32>, %y: !lz.tensor<128 x f32>) -> !lz.tensor<* x f32> {
  // expected-warning @+1 {{dimension 'n' is not dynamic, it can only be 1 here, as dimensions that must broadcast must agree}}
  %a = lz.add %x, %y : (!lz.tensor<["n" * 128] x f32>, !lz.tensor<128 x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// A dynamic range that the model contradicts.
lz.symbol "f" dynamic {min = 1, max = 8}
lz.parameter "fc.weight" : !lz.tensor<8 x 20 x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @range(%x: !lz.tensor<2 x "f" x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x 20 x f32>
  // expected-error @+2 {{dimension 'f' must be at most 8, found 20}}
  // expected-note @+1 {{'linear':}}
  %a = lz.linear %x, %w : (!lz.tensor<2 x "f" x f32>, !lz.tensor<8 x 20 x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// What a weight file says is held against what is declared.
// expected-error @+2 {{LazyLinear 'fc' cannot be materialized: in_features must be divisible by 4, found 3}}
// expected-note @+1 {{in_features = 3 by 'fc.weight' in w.safetensors}}
lz.symbol "fc.in_features" lazy {divisor = 4, module = "LazyLinear 'fc'", field = "in_features", lz.solution = 3 : i64, lz.origin = "'fc.weight' in w.safetensors"}
lz.parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
lz.func @broken(%x: !lz.tensor<2 x 3 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<8 x "fc.in_features" x f32>
  %a = lz.linear %x, %w : (!lz.tensor<2 x 3 x f32>, !lz.tensor<8 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %a : !lz.tensor<* x f32>
}

// -----

// Notes that no pass of ours made.
// expected-error @+1 {{attribute 'lz.examples' is [{x = 1 : i64}], expected a list of dictionaries of static tensor types}}
module attributes {lz.examples = [{x = 1 : i64}], lz.solved = [1]} {
}
