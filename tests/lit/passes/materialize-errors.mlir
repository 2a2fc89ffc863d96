// RUN: lazuli-opt %s --split-input-file --verify-diagnostics --lz-materialize="random-weights=false"

// A lazy module that was never solved.
// expected-error @+1 {{LazyLinear 'fc' cannot be materialized: its in_features is unknown}}
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
// expected-note @+1 {{'fc.weight' depends on it; give an example input or a weight file}}
lz.parameter "fc.weight" : !lz.tensor<2 x "fc.in_features" x f32> {init = #lz.fill<0.0>}
lz.func @unsolved(%x: !lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<2 x "fc.in_features" x f32>
  %y = lz.linear %x, %w : (!lz.tensor<* x f32>, !lz.tensor<2 x "fc.in_features" x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// A parameter of a dynamic size.
// expected-error @+1 {{'w' has the dynamic dimension 'n', expected constants}}
lz.symbol "n" dynamic {min = 1}
lz.parameter "w" : !lz.tensor<"n" x f32> {init = #lz.fill<0.0>}
lz.func @dynamic() -> !lz.tensor<"n" x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<"n" x f32>
  lz.return %w : !lz.tensor<"n" x f32>
}

// -----

// Neither a value nor an initializer.
// expected-error @+1 {{'w' has neither a value nor an initializer}}
lz.parameter "w" : !lz.tensor<4 x f32>

// -----

// Random weights that nobody asked for.
// expected-error @+1 {{2 parameters have no values: 'w', 'v'; give --weights FILE or --random-weights}}
module {
lz.parameter "w" : !lz.tensor<4 x f32> {init = #lz.normal<0.0, 1.0>}
lz.parameter "v" : !lz.tensor<4 x f32> {init = #lz.uniform<0.0, 1.0>}
lz.parameter "u" : !lz.tensor<4 x f32> {init = #lz.fill<1.0>}
}

// -----

// The same of a single one.
// expected-error @+1 {{1 parameter has no value: 'w'; give --weights FILE or --random-weights}}
module {
lz.parameter "w" : !lz.tensor<4 x f32> {init = #lz.normal<0.0, 1.0>}
}

// -----

// An initializer that hangs on a size nobody gave.
lz.symbol "d" lazy {module = "LazyMultiheadAttention 'a'", field = "embed_dim"}
// expected-error @+1 {{'w' is initialized by the size 4*d, which is unknown; give an example input or a weight file}}
lz.parameter "w" : !lz.tensor<4 x f32> {init = #lz.scaled_uniform<6.0, [4*d]>}

// -----

// More than any machine has.
// expected-error @+1 {{'w' has the shape [4000000000, 4000000000], expected sizes that memory can hold}}
lz.parameter "w" : !lz.tensor<4000000000 x 4000000000 x f32> {init = #lz.fill<0.0>}
