// RUN: lazuli-opt %s --split-input-file --lz-canonicalize --lz-recognize | FileCheck %s

// GELU with the error function: the half before or behind, divided or multiplied.
// CHECK-LABEL: lz.func @gelu_erf
// CHECK-NEXT: %[[A:.*]] = lz.gelu %arg0 :
// CHECK-NEXT: %[[B:.*]] = lz.gelu %[[A]] :
// CHECK-NEXT: lz.return %[[B]]
lz.func @gelu_erf(%x: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
  %half = lz.constant dense<0.5> : tensor<f32>
  %one = lz.constant dense<1.0> : tensor<1xf32>
  %two = lz.constant dense<2.0> : tensor<f32>
  %root = lz.constant dense<1.41421354> : tensor<f32>
  %inv = lz.constant dense<0.707106769> : tensor<f32>
  %0 = lz.div %x, %root : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %1 = lz.erf %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %2 = lz.add %1, %one : (!lz.tensor<2 x 4 x f32>, !lz.tensor<1 x f32>) -> !lz.tensor<2 x 4 x f32>
  %3 = lz.mul %x, %2 : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %4 = lz.mul %3, %half : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %5 = lz.mul %4, %inv : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %6 = lz.erf %5 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %7 = lz.add %one, %6 : (!lz.tensor<1 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %8 = lz.div %4, %two : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %9 = lz.mul %7, %8 : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  lz.return %9 : !lz.tensor<2 x 4 x f32>
}

// -----

// Another constant is another function.
// CHECK-LABEL: lz.func @not_gelu
// CHECK: lz.erf
lz.func @not_gelu(%x: !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32> {
  %half = lz.constant dense<0.5> : tensor<f32>
  %one = lz.constant dense<1.0> : tensor<f32>
  %root = lz.constant dense<1.414> : tensor<f32>
  %0 = lz.div %x, %root : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %1 = lz.erf %0 : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %2 = lz.add %1, %one : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  %3 = lz.mul %x, %2 : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> !lz.tensor<2 x 4 x f32>
  %4 = lz.mul %3, %half : (!lz.tensor<2 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 4 x f32>
  lz.return %4 : !lz.tensor<2 x 4 x f32>
}

// -----

// GELU with tanh: the cube as a power, and x taken out of the sum.
// CHECK-LABEL: lz.func @gelu_tanh
// CHECK-NEXT: %[[A:.*]] = lz.gelu %arg0 {tanh = true}
// CHECK-NEXT: %[[B:.*]] = lz.gelu %[[A]] {tanh = true}
// CHECK-NEXT: lz.return %[[B]]
lz.func @gelu_tanh(%x: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %half = lz.constant dense<0.5> : tensor<f32>
  %one = lz.constant dense<1.0> : tensor<f32>
  %three = lz.constant dense<3.0> : tensor<f32>
  %cubic = lz.constant dense<4.471500e-02> : tensor<f32>
  %root = lz.constant dense<0.797884583> : tensor<f32>
  %0 = lz.mul %x, %half : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %1 = lz.pow %x, %three : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %2 = lz.mul %1, %cubic : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %3 = lz.add %x, %2 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %4 = lz.mul %3, %root : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %5 = lz.tanh %4 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %6 = lz.add %5, %one : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %7 = lz.mul %0, %6 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %8 = lz.mul %7, %root : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %9 = lz.mul %7, %cubic : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %10 = lz.mul %9, %7 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %11 = lz.add %10, %one : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %12 = lz.mul %8, %11 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %13 = lz.tanh %12 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %14 = lz.add %one, %13 : (!lz.tensor<f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %15 = lz.mul %14, %half : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %16 = lz.mul %7, %15 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %16 : !lz.tensor<4 x f32>
}

// -----

// SiLU as a product and as a quotient, the sigmoid of it, and mish.
// CHECK-LABEL: lz.func @smooth
// CHECK-NEXT: %[[A:.*]] = lz.silu %arg0
// CHECK-NEXT: %[[B:.*]] = lz.silu %[[A]]
// CHECK-NEXT: %[[C:.*]] = lz.sigmoid %[[B]]
// CHECK-NEXT: %[[D:.*]] = lz.mish %[[C]]
// CHECK-NEXT: lz.return %[[D]]
lz.func @smooth(%x: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %one = lz.constant dense<1.0> : tensor<f32>
  %0 = lz.sigmoid %x : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %1 = lz.mul %0, %x : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %2 = lz.neg %1 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %3 = lz.exp %2 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %4 = lz.add %3, %one : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %5 = lz.div %1, %4 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %6 = lz.neg %5 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %7 = lz.exp %6 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %8 = lz.add %7, %one : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %9 = lz.div %one, %8 : (!lz.tensor<f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %10 = lz.softplus %9 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %11 = lz.tanh %10 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %12 = lz.mul %9, %11 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %12 : !lz.tensor<4 x f32>
}

// -----

// The sigmoid of another value gates, it is no activation.
// CHECK-LABEL: lz.func @gate
// CHECK: lz.sigmoid
// CHECK: lz.mul
lz.func @gate(%x: !lz.tensor<4 x f32>, %g: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %0 = lz.sigmoid %g : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %1 = lz.mul %0, %x : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %1 : !lz.tensor<4 x f32>
}

// -----

// Hard swish by relu6(x + 3) / 6, hard sigmoid by bounds of x / 6 + 1 / 2.
// CHECK-LABEL: lz.func @hard
// CHECK-NEXT: %[[A:.*]] = lz.hard_swish %arg0
// CHECK-NEXT: %[[B:.*]] = lz.hard_sigmoid %[[A]]
// CHECK-NEXT: lz.return %[[B]]
lz.func @hard(%x: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %zero = lz.constant dense<0.0> : tensor<f32>
  %one = lz.constant dense<1.0> : tensor<f32>
  %half = lz.constant dense<0.5> : tensor<f32>
  %three = lz.constant dense<3.0> : tensor<f32>
  %six = lz.constant dense<6.0> : tensor<f32>
  %0 = lz.add %x, %three : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %1 = lz.max %0, %zero : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %2 = lz.min %1, %six : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %3 = lz.mul %x, %2 : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %4 = lz.div %3, %six : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %5 = lz.div %4, %six : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %6 = lz.add %5, %half : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %7 = lz.min %6, %one : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %8 = lz.relu %7 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %8 : !lz.tensor<4 x f32>
}
