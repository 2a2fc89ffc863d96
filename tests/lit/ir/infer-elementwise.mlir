// Shapes and element types of elementwise ops.
// RUN: lazuli-opt %s --lz-infer-shapes | FileCheck %s

// An op of one operand keeps shape and element type.
// CHECK: lz.func @unary({{.*}}) -> !lz.tensor<"n" x 4 x bf16> {
lz.func @unary(%a: !lz.tensor<"n" x 4 x bf16>) -> !lz.tensor<* x bf16> {
  %y = lz.exp %a : (!lz.tensor<"n" x 4 x bf16>) -> !lz.tensor<* x bf16>
  lz.return %y : !lz.tensor<* x bf16>
}

// A question about values has a boolean answer.
// CHECK: lz.func @predicate({{.*}}) -> !lz.tensor<"n" x i1> {
lz.func @predicate(%a: !lz.tensor<"n" x f64>) -> !lz.tensor<* x i1> {
  %y = lz.is_nan %a : (!lz.tensor<"n" x f64>) -> !lz.tensor<* x i1>
  lz.return %y : !lz.tensor<* x i1>
}

// A cast keeps the shape and gives the result's element type.
// CHECK: lz.func @cast({{.*}}) -> !lz.tensor<"n" x f16> {
lz.func @cast(%a: !lz.tensor<"n" x i1>) -> !lz.tensor<* x f16> {
  %y = lz.cast %a : (!lz.tensor<"n" x i1>) -> !lz.tensor<* x f16>
  lz.return %y : !lz.tensor<* x f16>
}

// Dimensions of 1 and missing ones broadcast.
// CHECK: lz.func @broadcast({{.*}}) -> !lz.tensor<"n" x 5 x 4 x i32> {
lz.func @broadcast(%a: !lz.tensor<"n" x 1 x 4 x i32>, %b: !lz.tensor<5 x 1 x i32>) -> !lz.tensor<* x i32> {
  %y = lz.add %a, %b : (!lz.tensor<"n" x 1 x 4 x i32>, !lz.tensor<5 x 1 x i32>) -> !lz.tensor<* x i32>
  lz.return %y : !lz.tensor<* x i32>
}

// A scalar broadcasts to anything.
// CHECK: lz.func @scalar({{.*}}) -> !lz.tensor<"a" x [2*b] x f32> {
lz.func @scalar(%a: !lz.tensor<f32>, %b: !lz.tensor<"a" x ["b" * 2] x f32>) -> !lz.tensor<* x f32> {
  %y = lz.atan2 %a, %b : (!lz.tensor<f32>, !lz.tensor<"a" x ["b" * 2] x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// An empty dimension stays empty.
// CHECK: lz.func @empty({{.*}}) -> !lz.tensor<0 x f32> {
lz.func @empty(%a: !lz.tensor<0 x f32>, %b: !lz.tensor<1 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.mul %a, %b : (!lz.tensor<0 x f32>, !lz.tensor<1 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Comparisons are boolean.
// CHECK: lz.func @compare({{.*}}) -> !lz.tensor<"n" x i1> {
lz.func @compare(%a: !lz.tensor<"n" x ui8>, %b: !lz.tensor<ui8>) -> !lz.tensor<* x i1> {
  %y = lz.le %a, %b : (!lz.tensor<"n" x ui8>, !lz.tensor<ui8>) -> !lz.tensor<* x i1>
  lz.return %y : !lz.tensor<* x i1>
}

// All three operands of a selection broadcast.
// CHECK: lz.func @select({{.*}}) -> !lz.tensor<"n" x 4 x f32> {
lz.func @select(%a: !lz.tensor<"n" x 1 x i1>, %b: !lz.tensor<4 x f32>, %c: !lz.tensor<f32>) -> !lz.tensor<* x f32> {
  %y = lz.select %a, %b, %c : (!lz.tensor<"n" x 1 x i1>, !lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
