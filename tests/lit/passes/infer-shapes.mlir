// RUN: lazuli-opt %s --split-input-file --lz-infer-shapes | FileCheck %s

// A lazy layer is solved by its input; the solution stays on the symbol.
// CHECK-LABEL: module @linear
module @linear {
// CHECK: lz.symbol "fc.in_features" lazy
// CHECK-SAME: lz.origin = "input [2, 20] of 'fc'"
// CHECK-SAME: lz.solution = 20,
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
lz.parameter "fc.weight" : !lz.tensor<64 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
// CHECK: lz.func @forward(%{{.*}}: !lz.tensor<2 x 20 x f32>) -> !lz.tensor<2 x 64 x f32>
lz.func @forward(%x: !lz.tensor<2 x 20 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<64 x "fc.in_features" x f32>
  %y = lz.linear %x, %w : (!lz.tensor<2 x 20 x f32>, !lz.tensor<64 x "fc.in_features" x f32>) -> !lz.tensor<* x f32> loc("fc")
  lz.return %y : !lz.tensor<* x f32>
}
}

// -----

// Both documented ranks of a batch norm; here (N, C, L).
// CHECK-LABEL: module @norm
module @norm {
lz.symbol "batch" dynamic {min = 1}
// CHECK: lz.symbol "bn.num_features" lazy {{.*}}lz.solution = 7,
lz.symbol "bn.num_features" lazy {module = "LazyBatchNorm1d 'bn'", field = "num_features"}
lz.state "bn.mean" : !lz.tensor<"bn.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "bn.var" : !lz.tensor<"bn.num_features" x f32> {init = #lz.fill<1.0>}
// CHECK: lz.func @forward(%{{.*}}) -> !lz.tensor<"batch" x 7 x 5 x f32>
lz.func @forward(%x: !lz.tensor<"batch" x 7 x 5 x f32>) -> !lz.tensor<* x f32> {
  lz.expect %x ranks [2, 3] for "LazyBatchNorm1d 'bn'" : !lz.tensor<"batch" x 7 x 5 x f32>
  %m = lz.read "bn.mean" : !lz.tensor<"bn.num_features" x f32>
  %v = lz.read "bn.var" : !lz.tensor<"bn.num_features" x f32>
  %y = lz.batch_norm %x, %m, %v : (!lz.tensor<"batch" x 7 x 5 x f32>, !lz.tensor<"bn.num_features" x f32>, !lz.tensor<"bn.num_features" x f32>) -> !lz.tensor<* x f32> loc("bn")
  lz.return %y : !lz.tensor<* x f32>
}
}

// -----

// Two dynamic dimensions that the model adds are one, and the range is what
// both allow.
// CHECK-LABEL: module @merge
module @merge {
// CHECK: lz.symbol "batch" dynamic {max = 64, min = 4}
// CHECK-NOT: lz.symbol "y.0"
// CHECK-NOT: lz.guard
lz.symbol "y.0" dynamic {min = 4}
lz.symbol "batch" dynamic {min = 2, max = 64}
// CHECK: lz.func @forward(%{{.*}}: !lz.tensor<"batch" x f32>, %{{.*}}: !lz.tensor<"batch" x f32>) -> !lz.tensor<"batch" x f32>
lz.func @forward(%x: !lz.tensor<"batch" x f32>, %y: !lz.tensor<"y.0" x f32>) -> !lz.tensor<* x f32> {
  %z = lz.add %x, %y : (!lz.tensor<"batch" x f32>, !lz.tensor<"y.0" x f32>) -> !lz.tensor<* x f32>
  lz.return %z : !lz.tensor<* x f32>
}
}

// -----

// What only a run can check stays as a guard.
// CHECK-LABEL: module @guard
module @guard {
lz.symbol "n" dynamic {min = 2}
lz.symbol "m" dynamic {min = 2}
lz.func @forward(%x: !lz.tensor<[2*n] x f32>, %y: !lz.tensor<"m" x f32>) -> !lz.tensor<* x f32> {
  // CHECK: lz.guard {{.*}}"'sum': {{.*}} must agree"
  %z = lz.add %x, %y : (!lz.tensor<[2*n] x f32>, !lz.tensor<"m" x f32>) -> !lz.tensor<* x f32> loc("sum")
  lz.return %z : !lz.tensor<* x f32>
}
}

// -----

// A symbol that a weight file solved needs no example of that axis.
// CHECK-LABEL: module @weights
module @weights {
lz.symbol "batch" dynamic {min = 1}
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features", lz.solution = 20 : i64, lz.origin = "'fc.weight' in w.safetensors"}
lz.parameter "fc.weight" : !lz.tensor<64 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
// CHECK: lz.func @forward(%{{.*}}: !lz.tensor<"batch" x 20 x f32>) -> !lz.tensor<"batch" x 64 x f32>
lz.func @forward(%x: !lz.tensor<"batch" x 20 x f32>) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<64 x "fc.in_features" x f32>
  %y = lz.linear %x, %w : (!lz.tensor<"batch" x 20 x f32>, !lz.tensor<64 x "fc.in_features" x f32>) -> !lz.tensor<* x f32> loc("fc")
  lz.return %y : !lz.tensor<* x f32>
}
}
