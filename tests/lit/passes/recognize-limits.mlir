// RUN: lazuli-opt %s --split-input-file --lz-canonicalize --lz-recognize | FileCheck %s

// What looks like a formula, but would compute something else if it became one op.

// A factor near 1 is one, in a type of few digits too.
// CHECK-LABEL: lz.func @factor
// CHECK-NOT: lz.silu
// CHECK: lz.return
lz.func @factor(%x: !lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16> {
  %c = lz.constant dense<1.0234375> : tensor<bf16>
  %0 = lz.sigmoid %x : (!lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16>
  %1 = lz.mul %x, %c : (!lz.tensor<4 x bf16>, !lz.tensor<bf16>) -> !lz.tensor<4 x bf16>
  %2 = lz.mul %1, %0 : (!lz.tensor<4 x bf16>, !lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16>
  lz.return %2 : !lz.tensor<4 x bf16>
}

// -----

// Constants rounded to the type are the same.
// CHECK-LABEL: lz.func @rounded
// CHECK: lz.gelu %arg0
lz.func @rounded(%x: !lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16> {
  %root = lz.constant dense<0.70710678> : tensor<f32>
  %half = lz.constant dense<0.5> : tensor<bf16>
  %one = lz.constant dense<1.0> : tensor<bf16>
  %c = lz.cast %root : (!lz.tensor<f32>) -> !lz.tensor<bf16>
  %0 = lz.mul %x, %c : (!lz.tensor<4 x bf16>, !lz.tensor<bf16>) -> !lz.tensor<4 x bf16>
  %1 = lz.erf %0 : (!lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16>
  %2 = lz.add %1, %one : (!lz.tensor<4 x bf16>, !lz.tensor<bf16>) -> !lz.tensor<4 x bf16>
  %3 = lz.mul %x, %half : (!lz.tensor<4 x bf16>, !lz.tensor<bf16>) -> !lz.tensor<4 x bf16>
  %4 = lz.mul %3, %2 : (!lz.tensor<4 x bf16>, !lz.tensor<4 x bf16>) -> !lz.tensor<4 x bf16>
  lz.return %4 : !lz.tensor<4 x bf16>
}

// -----

// The operand of what makes weights need not be a tensor.
// CHECK-LABEL: lz.func @sequence
// CHECK: lz.host "concat_from_sequence"
// CHECK-NEXT: lz.matmul
lz.func @sequence(%s: !lz.sequence<!lz.tensor<2 x 4 x f32>>, %v: !lz.tensor<4 x 4 x f32>) -> !lz.tensor<"n" x 4 x f32> {
  %0 = lz.host "concat_from_sequence"(%s) {axis = 0} defines ["n"] : (!lz.sequence<!lz.tensor<2 x 4 x f32>>) -> !lz.tensor<"n" x 4 x f32>
  %1 = lz.matmul %0, %v : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return %1 : !lz.tensor<"n" x 4 x f32>
}
lz.symbol "n" defined

// -----

// A row of conditions that a choice repeats is no triangle.
// CHECK-LABEL: lz.func @one_row
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f32>
!k = !lz.tensor<2 x 4 x 3 x f32>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @one_row(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %row = lz.constant dense<[[true, false, false]]> : tensor<1x3xi1>
  %zero = lz.constant dense<0.0> : tensor<f32>
  %least = lz.full {shape = #lz.dims<3, 3>, value = -3.0E+38} : () -> !lz.tensor<3 x 3 x f32>
  %m = lz.select %row, %zero, %least : (!lz.tensor<1 x 3 x i1>, !lz.tensor<f32>, !lz.tensor<3 x 3 x f32>) -> !lz.tensor<3 x 3 x f32>
  %t = lz.add %s, %m : (!s, !lz.tensor<3 x 3 x f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// Nor is the first row of a triangle.
// CHECK-LABEL: lz.func @one_row_of_triangle
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f32>
!k = !lz.tensor<2 x 4 x 3 x f32>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @one_row_of_triangle(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %ones = lz.constant dense<1.0> : tensor<1x3xf32>
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %zeros = lz.full {shape = #lz.dims<3, 3>, value = 0.0} : () -> !lz.tensor<3 x 3 x f32>
  %row = lz.triangular %ones : (!lz.tensor<1 x 3 x f32>) -> !lz.tensor<1 x 3 x f32>
  %m = lz.ne %row, %zeros : (!lz.tensor<1 x 3 x f32>, !lz.tensor<3 x 3 x f32>) -> !lz.tensor<3 x 3 x i1>
  %t = lz.select %m, %s, %inf : (!lz.tensor<3 x 3 x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// -1e9 does not absorb every score: added, it stays what it is.
// CHECK-LABEL: lz.func @finite_summand
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f32>
!k = !lz.tensor<2 x 4 x 3 x f32>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @finite_summand(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %m = lz.constant dense<[[0.0, -1.0E+9, -1.0E+9], [0.0, 0.0, -1.0E+9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %t = lz.add %s, %m : (!s, !lz.tensor<3 x 3 x f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// In place of a score it is no summand.
// CHECK-LABEL: lz.func @finite_choice
// CHECK-NOT: lz.attention
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f32>
!k = !lz.tensor<2 x 4 x 3 x f32>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @finite_choice(%q: !q, %k: !k, %v: !q, %m: !lz.tensor<2 x 1 x 3 x i1>) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %low = lz.constant dense<-1.0E+9> : tensor<f32>
  %t = lz.select %m, %s, %low : (!lz.tensor<2 x 1 x 3 x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// f64 computes with scores beyond -1e30.
// CHECK-LABEL: lz.func @wide_choice
// CHECK-NOT: lz.attention
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f64>
!k = !lz.tensor<2 x 4 x 3 x f64>
!s = !lz.tensor<2 x 3 x 3 x f64>
lz.func @wide_choice(%q: !q, %k: !k, %v: !q, %m: !lz.tensor<2 x 1 x 3 x i1>) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %low = lz.constant dense<-1.0E+38> : tensor<f64>
  %t = lz.select %m, %s, %low : (!lz.tensor<2 x 1 x 3 x i1>, !s, !lz.tensor<f64>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// What counts is the number behind the scaling.
// CHECK-LABEL: lz.func @scaled_summand
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f32>
!k = !lz.tensor<2 x 4 x 3 x f32>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @scaled_summand(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %m = lz.constant dense<[[0.0, -1.0E+31, -1.0E+31], [0.0, 0.0, -1.0E+31], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %scale = lz.constant dense<1.0E-3> : tensor<f32>
  %u = lz.add %s, %m : (!s, !lz.tensor<3 x 3 x f32>) -> !s
  %t = lz.mul %u, %scale : (!s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// A mask whose numbers are not known to be f16.
// CHECK-LABEL: lz.func @wider_summand
// CHECK-NOT: lz.attention
// CHECK: lz.return
!q = !lz.tensor<2 x 3 x 4 x f16>
!k = !lz.tensor<2 x 4 x 3 x f16>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @wider_summand(%q: !q, %k: !k, %v: !q, %m: !lz.tensor<2 x 1 x 3 x f32>) -> !q {
  %p = lz.matmul %q, %k : (!q, !k) -> !lz.tensor<2 x 3 x 3 x f16>
  %s = lz.cast %p : (!lz.tensor<2 x 3 x 3 x f16>) -> !s
  %t = lz.add %s, %m : (!s, !lz.tensor<2 x 1 x 3 x f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %c = lz.cast %w : (!s) -> !lz.tensor<2 x 3 x 3 x f16>
  %y = lz.matmul %c, %v : (!lz.tensor<2 x 3 x 3 x f16>, !q) -> !q
  lz.return %y : !q
}

// -----

// One whose numbers are.
// CHECK-LABEL: lz.func @wider_exact_summand
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
!q = !lz.tensor<2 x 3 x 4 x f16>
!k = !lz.tensor<2 x 4 x 3 x f16>
!s = !lz.tensor<2 x 3 x 3 x f32>
lz.func @wider_exact_summand(%q: !q, %k: !k, %v: !q) -> !q {
  %p = lz.matmul %q, %k : (!q, !k) -> !lz.tensor<2 x 3 x 3 x f16>
  %s = lz.cast %p : (!lz.tensor<2 x 3 x 3 x f16>) -> !s
  %m = lz.constant dense<[[0.0, -1.5, 0xFF800000]]> : tensor<1x3xf32>
  %t = lz.add %s, %m : (!s, !lz.tensor<1 x 3 x f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %c = lz.cast %w : (!s) -> !lz.tensor<2 x 3 x 3 x f16>
  %y = lz.matmul %c, %v : (!lz.tensor<2 x 3 x 3 x f16>, !q) -> !q
  lz.return %y : !q
}

// -----

// Small integers begin anew.
// CHECK-LABEL: lz.func @small_counters
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
lz.symbol "n" dynamic {min = 2}
!q = !lz.tensor<2 x "n" x 4 x f32>
!k = !lz.tensor<2 x 4 x "n" x f32>
!s = !lz.tensor<2 x "n" x "n" x f32>
lz.func @small_counters(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %row = lz.iota {axis = 0, shape = #lz.dims<"n", 1>} : () -> !lz.tensor<"n" x 1 x i8>
  %column = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i8>
  %m = lz.le %column, %row : (!lz.tensor<"n" x i8>, !lz.tensor<"n" x 1 x i8>) -> !lz.tensor<"n" x "n" x i1>
  %t = lz.select %m, %s, %inf : (!lz.tensor<"n" x "n" x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// Small floats round.
// CHECK-LABEL: lz.func @rounded_counters
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
lz.symbol "n" dynamic {min = 2}
!q = !lz.tensor<2 x "n" x 4 x f32>
!k = !lz.tensor<2 x 4 x "n" x f32>
!s = !lz.tensor<2 x "n" x "n" x f32>
lz.func @rounded_counters(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %row = lz.iota {axis = 0, shape = #lz.dims<"n", 1>} : () -> !lz.tensor<"n" x 1 x i64>
  %column = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  %a = lz.cast %row : (!lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x 1 x f16>
  %b = lz.cast %column : (!lz.tensor<"n" x i64>) -> !lz.tensor<"n" x f16>
  %m = lz.le %b, %a : (!lz.tensor<"n" x f16>, !lz.tensor<"n" x 1 x f16>) -> !lz.tensor<"n" x "n" x i1>
  %t = lz.select %m, %s, %inf : (!lz.tensor<"n" x "n" x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// A cast cuts off a fraction: column < row + 1.
// CHECK-LABEL: lz.func @cut_number
// CHECK: lz.attention {{.*}} {causal = true,
lz.symbol "n" dynamic {min = 2}
!q = !lz.tensor<2 x "n" x 4 x f32>
!k = !lz.tensor<2 x 4 x "n" x f32>
!s = !lz.tensor<2 x "n" x "n" x f32>
lz.func @cut_number(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %row = lz.iota {axis = 0, shape = #lz.dims<"n", 1>} : () -> !lz.tensor<"n" x 1 x i64>
  %column = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  %number = lz.full {shape = #lz.dims<>, value = 1.7} : () -> !lz.tensor<f32>
  %one = lz.cast %number : (!lz.tensor<f32>) -> !lz.tensor<i64>
  %end = lz.add %row, %one : (!lz.tensor<"n" x 1 x i64>, !lz.tensor<i64>) -> !lz.tensor<"n" x 1 x i64>
  %m = lz.lt %column, %end : (!lz.tensor<"n" x i64>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x "n" x i1>
  %t = lz.select %m, %s, %inf : (!lz.tensor<"n" x "n" x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// All bits of an integer turned are not its negation.
// CHECK-LABEL: lz.func @bitwise
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %{{.*}} {scale
// CHECK: lz.return
lz.symbol "n" dynamic {min = 2}
!q = !lz.tensor<2 x "n" x 4 x f32>
!k = !lz.tensor<2 x 4 x "n" x f32>
!s = !lz.tensor<2 x "n" x "n" x f32>
lz.func @bitwise(%q: !q, %k: !k, %v: !q) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %ones = lz.full {shape = #lz.dims<"n", "n">, value = 1} : () -> !lz.tensor<"n" x "n" x i64>
  %upper = lz.triangular %ones {upper = true, diagonal = 1} : (!lz.tensor<"n" x "n" x i64>) -> !lz.tensor<"n" x "n" x i64>
  %turned = lz.bitwise_not %upper : (!lz.tensor<"n" x "n" x i64>) -> !lz.tensor<"n" x "n" x i64>
  %m = lz.cast %turned : (!lz.tensor<"n" x "n" x i64>) -> !lz.tensor<"n" x "n" x i1>
  %t = lz.select %m, %s, %inf : (!lz.tensor<"n" x "n" x i1>, !s, !lz.tensor<f32>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}

// -----

// A number that f16 does not hold is minus infinity there: the condition is the mask.
// CHECK-LABEL: lz.func @cast_infinity
// CHECK: lz.attention %arg0, %{{.*}}, %arg2, %arg3 {scale
!q = !lz.tensor<2 x 3 x 4 x f16>
!k = !lz.tensor<2 x 4 x 3 x f16>
!s = !lz.tensor<2 x 3 x 3 x f16>
lz.func @cast_infinity(%q: !q, %k: !k, %v: !q, %m: !lz.tensor<2 x 1 x 3 x i1>) -> !q {
  %s = lz.matmul %q, %k : (!q, !k) -> !s
  %number = lz.full {shape = #lz.dims<>, value = -1.0E+10} : () -> !lz.tensor<f32>
  %low = lz.cast %number : (!lz.tensor<f32>) -> !lz.tensor<f16>
  %t = lz.select %m, %s, %low : (!lz.tensor<2 x 1 x 3 x i1>, !s, !lz.tensor<f16>) -> !s
  %w = lz.softmax %t {axis = -1} : (!s) -> !s
  %y = lz.matmul %w, %v : (!s, !q) -> !q
  lz.return %y : !q
}
