// Kernels are formed within a block: a region is fused by itself.
// RUN: lazuli-opt %s --split-input-file --lz-fuse | FileCheck %s

// Not across a host operation, and not into or out of a region.
// CHECK-LABEL: lz.func @host
// CHECK: lz.fused "cpu"
// CHECK: lz.exp
// CHECK: lz.host "nonzero"
// CHECK: lz.fused "cpu"
// CHECK: lz.cast
// CHECK: lz.add
lz.func @host(%x: !lz.tensor<4 x f32>) -> !lz.tensor<1 x "n" x f32> {
  %0 = lz.exp %x : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %i = lz.host "nonzero"(%0) defines ["n"] : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x "n" x i64>
  %1 = lz.cast %i : (!lz.tensor<1 x "n" x i64>) -> !lz.tensor<1 x "n" x f32>
  %2 = lz.add %1, %1 : (!lz.tensor<1 x "n" x f32>, !lz.tensor<1 x "n" x f32>) -> !lz.tensor<1 x "n" x f32>
  lz.return %2 : !lz.tensor<1 x "n" x f32>
}

// -----

// What is computed before a branch and used in it alone stays before it; what is
// cheap to repeat is made in the region anew.
// CHECK-LABEL: lz.func @branch
// CHECK: %[[E:.*]] = lz.fused "cpu"
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.exp
// CHECK-NEXT: lz.yield
// CHECK-NOT: lz.full
// CHECK: lz.if
// CHECK-NEXT: lz.fused "cpu"(%[[E]])
// CHECK: lz.full
// CHECK: lz.add
// CHECK: lz.relu
// CHECK-NEXT: lz.yield
// CHECK: lz.yield
// CHECK: } else {
// CHECK-NEXT: lz.yield %[[E]]
lz.func @branch(%c: !lz.tensor<i1>, %x: !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32> {
  %one = lz.full {shape = #lz.dims<4>, value = 1.0} : () -> !lz.tensor<4 x f32>
  %e = lz.exp %x : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  %y = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<4 x f32> {
    %0 = lz.add %e, %one : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
    %1 = lz.relu %0 : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
    lz.yield %1 : !lz.tensor<4 x f32>
  } else {
    lz.yield %e : !lz.tensor<4 x f32>
  }
  lz.return %y : !lz.tensor<4 x f32>
}

// -----

// A guard of a region over symbols from around it is computed where it stands; one
// over a symbol that the region defines is checked when that is known.
// CHECK-LABEL: lz.func @guard
// CHECK: lz.if
// CHECK-NOT: lz.guard
// CHECK: lz.dim_of
// CHECK: lz.dim_of
// CHECK: %[[OK:.*]] = lz.fused "cpu"
// CHECK: lz.eq
// CHECK: lz.host "expect_values"(%[[OK]]) {message = "sizes must agree", values = [1]}
// CHECK: lz.host "nonzero"
// CHECK-NEXT: lz.guard "n" == "k", "inner"
lz.func @guard(%c: !lz.tensor<i1>, %x: !lz.tensor<"n" x f32>, %y: !lz.tensor<"m" x f32>) -> !lz.tensor<"n" x f32> {
  %r = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<"n" x f32> {
    lz.guard "n" == [2*"m"], "sizes must agree"
    %i = lz.host "nonzero"(%x) defines ["k"] : (!lz.tensor<"n" x f32>) -> !lz.tensor<1 x "k" x i64>
    lz.guard "n" == "k", "inner"
    lz.yield %x : !lz.tensor<"n" x f32>
  } else {
    lz.yield %x : !lz.tensor<"n" x f32>
  }
  lz.return %r : !lz.tensor<"n" x f32>
}
