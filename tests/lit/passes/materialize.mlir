// RUN: lazuli-opt %s --lz-infer-shapes --lz-materialize="seed=7" 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.err

// The symbols are gone, what they became is recorded, values are there.
// CHECK: module attributes {lz.solved = [{field = "in_features", module = "LazyLinear 'fc'", name = "fc.in_features", origin = "input [2, 3] of 'fc'", value = 3 : i64}]}
// CHECK-NOT: lz.symbol
// CHECK-NOT: lz.examples
// CHECK: lz.parameter "fc.weight" : !lz.tensor<2 x 3 x f32> {{.*}}value = dense<
// CHECK: lz.parameter "fc.bias" : !lz.tensor<2 x f32> {{.*}}value = dense<
// CHECK: lz.state "fc.steps" : !lz.tensor<i64> {{.*}}value = dense<5> : tensor<i64>
module attributes {lz.examples = [{x = !lz.tensor<2 x 3 x f32>}]} {
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
lz.symbol "unused.in_features" lazy {module = "LazyLinear 'unused'", field = "in_features"}
lz.parameter "fc.weight" : !lz.tensor<2 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.2360679774997898>}
lz.parameter "fc.bias" : !lz.tensor<2 x f32> {init = #lz.uniform_fan_in<"fc.weight">}
lz.state "fc.steps" : !lz.tensor<i64> {init = #lz.fill<5.0>}
// A lazy module that nothing uses is dropped.
// CHECK-NOT: unused
// REMARK: remark: 'unused.weight' is not used, it was dropped
lz.parameter "unused.weight" : !lz.tensor<2 x "unused.in_features" x f32> {init = #lz.fill<0.0>}
lz.func @forward(%x: !lz.tensor<2 x 3 x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
  // CHECK-NOT: lz.expect
  lz.expect %x ranks [2] for "Net" : !lz.tensor<2 x 3 x f32>
  // CHECK: lz.get_parameter "fc.weight" : {{.*}}<2 x 3 x f32>
  %w = lz.get_parameter "fc.weight" : !lz.tensor<2 x "fc.in_features" x f32>
  %b = lz.get_parameter "fc.bias" : !lz.tensor<2 x f32>
  %u = lz.get_parameter "unused.weight" : !lz.tensor<2 x "unused.in_features" x f32>
  %y = lz.linear %x, %w, %b : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x "fc.in_features" x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> loc("fc")
  // CHECK: lz.return %{{.*}} : !lz.tensor<2 x 2 x f32>
  lz.return %y : !lz.tensor<* x f32>
}
}
