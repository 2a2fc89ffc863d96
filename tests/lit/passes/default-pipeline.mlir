// The network of the documentation of LazyBatchNorm1d, as a frontend traces it:
// Linear(10 -> 64), LazyBatchNorm1d, ReLU, Linear(64 -> 32), LazyBatchNorm1d.
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[20,10] dynamic=x:0=batch" --lz-infer-shapes --lz-materialize | FileCheck %s --check-prefix=SOLVED
// RUN: lazuli-opt %s --lz-default-pipeline="examples=x=f32[20,10] dynamic=x:0=batch" | FileCheck %s --check-prefix=FUSED

// SOLVED-NOT: lazy
// SOLVED: lz.state "1.running_mean" : !lz.tensor<64 x f32>
// SOLVED: lz.state "4.running_mean" : !lz.tensor<32 x f32>
// SOLVED: lz.return %{{.*}} : !lz.tensor<"batch" x 32 x f32>

// FUSED-LABEL: lz.func @forward
// FUSED-NOT: lz.batch_norm
// FUSED: lz.fused
// FUSED: lz.linear
// FUSED-NEXT: lz.relu
// FUSED: lz.fused
// FUSED: lz.linear
// FUSED-NOT: lz.batch_norm
lz.symbol "1.num_features" lazy {module = "LazyBatchNorm1d '1'", field = "num_features"}
lz.symbol "4.num_features" lazy {module = "LazyBatchNorm1d '4'", field = "num_features"}
lz.parameter "0.weight" : !lz.tensor<64 x 10 x f32> {init = #lz.kaiming_uniform<2.2360679774997898>}
lz.parameter "0.bias" : !lz.tensor<64 x f32> {init = #lz.uniform_fan_in<"0.weight">}
lz.parameter "1.weight" : !lz.tensor<"1.num_features" x f32> {init = #lz.fill<1.0>}
lz.parameter "1.bias" : !lz.tensor<"1.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "1.running_mean" : !lz.tensor<"1.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "1.running_var" : !lz.tensor<"1.num_features" x f32> {init = #lz.fill<1.0>}
lz.state "1.num_batches_tracked" : !lz.tensor<i64> {init = #lz.fill<0.0>}
lz.parameter "3.weight" : !lz.tensor<32 x 64 x f32> {init = #lz.kaiming_uniform<2.2360679774997898>}
lz.parameter "3.bias" : !lz.tensor<32 x f32> {init = #lz.uniform_fan_in<"3.weight">}
lz.parameter "4.weight" : !lz.tensor<"4.num_features" x f32> {init = #lz.fill<1.0>}
lz.parameter "4.bias" : !lz.tensor<"4.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "4.running_mean" : !lz.tensor<"4.num_features" x f32> {init = #lz.fill<0.0>}
lz.state "4.running_var" : !lz.tensor<"4.num_features" x f32> {init = #lz.fill<1.0>}
lz.state "4.num_batches_tracked" : !lz.tensor<i64> {init = #lz.fill<0.0>}
lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"}) {
  %w0 = lz.get_parameter "0.weight" : !lz.tensor<64 x 10 x f32>
  %b0 = lz.get_parameter "0.bias" : !lz.tensor<64 x f32>
  %0 = lz.linear %x, %w0, %b0 : (!lz.tensor<* x f32>, !lz.tensor<64 x 10 x f32>, !lz.tensor<64 x f32>) -> !lz.tensor<* x f32> loc("0")
  lz.expect %0 ranks [2, 3] for "LazyBatchNorm1d '1'" : !lz.tensor<* x f32>
  %w1 = lz.get_parameter "1.weight" : !lz.tensor<"1.num_features" x f32>
  %b1 = lz.get_parameter "1.bias" : !lz.tensor<"1.num_features" x f32>
  %m1 = lz.read "1.running_mean" : !lz.tensor<"1.num_features" x f32>
  %v1 = lz.read "1.running_var" : !lz.tensor<"1.num_features" x f32>
  %1 = lz.batch_norm %0, %m1, %v1 weights %w1 bias %b1 : (!lz.tensor<* x f32>, !lz.tensor<"1.num_features" x f32>, !lz.tensor<"1.num_features" x f32>, !lz.tensor<"1.num_features" x f32>, !lz.tensor<"1.num_features" x f32>) -> !lz.tensor<* x f32> loc("1")
  %2 = lz.relu %1 : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> loc("2")
  %w3 = lz.get_parameter "3.weight" : !lz.tensor<32 x 64 x f32>
  %b3 = lz.get_parameter "3.bias" : !lz.tensor<32 x f32>
  %3 = lz.linear %2, %w3, %b3 : (!lz.tensor<* x f32>, !lz.tensor<32 x 64 x f32>, !lz.tensor<32 x f32>) -> !lz.tensor<* x f32> loc("3")
  lz.expect %3 ranks [2, 3] for "LazyBatchNorm1d '4'" : !lz.tensor<* x f32>
  %w4 = lz.get_parameter "4.weight" : !lz.tensor<"4.num_features" x f32>
  %b4 = lz.get_parameter "4.bias" : !lz.tensor<"4.num_features" x f32>
  %m4 = lz.read "4.running_mean" : !lz.tensor<"4.num_features" x f32>
  %v4 = lz.read "4.running_var" : !lz.tensor<"4.num_features" x f32>
  %4 = lz.batch_norm %3, %m4, %v4 weights %w4 bias %b4 : (!lz.tensor<* x f32>, !lz.tensor<"4.num_features" x f32>, !lz.tensor<"4.num_features" x f32>, !lz.tensor<"4.num_features" x f32>, !lz.tensor<"4.num_features" x f32>) -> !lz.tensor<* x f32> loc("4")
  lz.return %4 : !lz.tensor<* x f32>
}
