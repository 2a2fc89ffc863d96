// Symbols, parameters, states and functions: text and bytecode keep them as
// they are.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK: lz.symbol "batch" dynamic {max = 4096, min = 1}
lz.symbol "batch" dynamic {min = 1, max = 4096}
// CHECK: lz.symbol "fc1.in_features" lazy {divisor = 4, field = "in_features", module = "LazyLinear 'fc1'"}
lz.symbol "fc1.in_features" lazy {module = "LazyLinear 'fc1'", field = "in_features", divisor = 4}
// CHECK: lz.symbol "count" defined
lz.symbol "count" defined

// CHECK: lz.parameter "0.weight" : !lz.tensor<64 x "fc1.in_features" x f32> {init = #lz.kaiming_uniform<2.236000e+00>}
lz.parameter "0.weight" : !lz.tensor<64 x "fc1.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
// CHECK: lz.parameter "0.bias" : !lz.tensor<64 x f32> {init = #lz.uniform_fan_in<"0.weight">}
lz.parameter "0.bias" : !lz.tensor<64 x f32> {init = #lz.uniform_fan_in<"0.weight">}
// CHECK: lz.parameter "emb" : !lz.tensor<8 x bf16> {init = #lz.normal<0.000000e+00, 2.000000e-02>}
lz.parameter "emb" : !lz.tensor<8 x bf16> {init = #lz.normal<0.0, 0.02>}
// CHECK: lz.parameter "pos" : !lz.tensor<8 x f64> {init = #lz.uniform<-1.000000e-01, 1.000000e-01>}
lz.parameter "pos" : !lz.tensor<8 x f64> {init = #lz.uniform<-0.1, 0.1>}
// CHECK: lz.parameter "padded" : !lz.tensor<8 x 4 x f32> {init = #lz.normal<0.000000e+00, 1.000000e+00, zero_row = 3>}
lz.parameter "padded" : !lz.tensor<8 x 4 x f32> {init = #lz.normal<0.0, 1.0, zero_row = 3>}
// CHECK: lz.parameter "glorot" : !lz.tensor<8 x f32> {init = #lz.scaled_uniform<6.000000e+00, [4*mha.embed_dim]>}
lz.parameter "glorot" : !lz.tensor<8 x f32> {init = #lz.scaled_uniform<6.0, [4*"mha.embed_dim"]>}
// CHECK: lz.parameter "scale" : !lz.tensor<2 x f32> {value = dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>}
lz.parameter "scale" : !lz.tensor<2 x f32> {value = dense<[1.0, 2.0]> : tensor<2xf32>}
// CHECK: lz.parameter "big" : !lz.tensor<2 x f32> {value = dense_resource<big> : tensor<2xf32>}
lz.parameter "big" : !lz.tensor<2 x f32> {value = dense_resource<big> : tensor<2xf32>}
// CHECK: lz.state "bn.running_mean" : !lz.tensor<"c" x f32> {init = #lz.fill<0.000000e+00>}
lz.state "bn.running_mean" : !lz.tensor<"c" x f32> {init = #lz.fill<0.0>}

// CHECK: lz.func @forward(%{{.*}}: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"})
lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"}) {
  // CHECK: lz.get_parameter "0.weight" : !lz.tensor<64 x "fc1.in_features" x f32>
  %w = lz.get_parameter "0.weight" : !lz.tensor<64 x "fc1.in_features" x f32>
  // CHECK: lz.read "bn.running_mean" : !lz.tensor<"c" x f32>
  %m = lz.read "bn.running_mean" : !lz.tensor<"c" x f32>
  // CHECK: lz.write "bn.running_mean", %{{.*}} : !lz.tensor<"c" x f32>
  lz.write "bn.running_mean", %m : !lz.tensor<"c" x f32>
  // CHECK: lz.constant dense<[1, 2]> : tensor<2xi64>
  %c = lz.constant dense<[1, 2]> : tensor<2xi64>
  // CHECK: lz.constant dense<true> : tensor<i1>
  %b = lz.constant dense<true> : tensor<i1>
  // CHECK: lz.expect %{{.*}} ranks [2, 3] for "BatchNorm1d 'bn'" : !lz.tensor<* x f32>
  lz.expect %x ranks [2, 3] for "BatchNorm1d 'bn'" : !lz.tensor<* x f32>
  // CHECK: lz.expect_several %{{.*}}, "BatchNorm1d 'bn': too few" : !lz.tensor<i1>
  lz.expect_several %b, "BatchNorm1d 'bn': too few" : !lz.tensor<i1>
  // CHECK: lz.guard "n" == 4, "x and y must have the same length"
  lz.guard "n" == 4, "x and y must have the same length"
  // CHECK: lz.guard [2*n + 1] == "m", "lengths"
  lz.guard [2*n + 1] == "m", "lengths"
  // CHECK: lz.fused "cpu"(%{{.*}}) : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  // CHECK-NEXT: ^bb0(%[[ARG:.*]]: !lz.tensor<* x f32>):
  // CHECK-NEXT: %[[EXP:.*]] = lz.exp %[[ARG]]
  // CHECK-NEXT: lz.yield %[[EXP]] : !lz.tensor<* x f32>
  %y = lz.fused "cpu"(%x) : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  ^bb0(%a: !lz.tensor<* x f32>):
    %0 = lz.exp %a : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
    lz.yield %0 : !lz.tensor<* x f32>
  }
  // CHECK: lz.return %{{.*}} : !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// CHECK: lz.func private @declared(!lz.tensor<f32>)
lz.func private @declared(!lz.tensor<f32>)

{-#
  dialect_resources: { builtin: { big: "0x040000000000803F00000040" } }
#-}
