// Shapes of reductions, softmax and scans.
// RUN: lazuli-opt %s --lz-infer-shapes | FileCheck %s

// Without axes all are reduced.
// CHECK: lz.func @all_axes({{.*}}) -> !lz.tensor<f32> {
lz.func @all_axes(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reduce sum %a : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Axes count from the end too; reduced ones go.
// CHECK: lz.func @last({{.*}}) -> !lz.tensor<"n" x f32> {
lz.func @last(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reduce mean %a {axes = [-1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Or they stay as 1.
// CHECK: lz.func @keep({{.*}}) -> !lz.tensor<1 x 4 x 1 x f32> {
lz.func @keep(%a: !lz.tensor<"n" x 4 x 5 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reduce max %a {axes = [0, -1], keep_dims = true} : (!lz.tensor<"n" x 4 x 5 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Positions are i64.
// CHECK: lz.func @argmax({{.*}}) -> !lz.tensor<"n" x i64> {
lz.func @argmax(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x i64> {
  %y = lz.reduce argmax %a {axes = [1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x i64>
  lz.return %y : !lz.tensor<* x i64>
}

// A scalar has an axis to reduce, as in PyTorch.
// CHECK: lz.func @scalar({{.*}}) -> !lz.tensor<f32> {
lz.func @scalar(%a: !lz.tensor<f32>) -> !lz.tensor<* x f32> {
  %y = lz.reduce sum %a {axes = [-1], keep_dims = true} : (!lz.tensor<f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A sum over nothing is a sum.
// CHECK: lz.func @empty({{.*}}) -> !lz.tensor<3 x f32> {
lz.func @empty(%a: !lz.tensor<0 x 3 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reduce sum %a {axes = [0]} : (!lz.tensor<0 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Softmax keeps the shape.
// CHECK: lz.func @softmax({{.*}}) -> !lz.tensor<"n" x 4 x f32> {
lz.func @softmax(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.softmax %a {axis = -2} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// So does a scan.
// CHECK: lz.func @cumulative({{.*}}) -> !lz.tensor<"n" x 4 x i64> {
lz.func @cumulative(%a: !lz.tensor<"n" x 4 x i64>) -> !lz.tensor<* x i64> {
  %y = lz.cumulative sum %a {axis = 1} : (!lz.tensor<"n" x 4 x i64>) -> !lz.tensor<* x i64>
  lz.return %y : !lz.tensor<* x i64>
}
