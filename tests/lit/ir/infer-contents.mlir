// Elements of small integer tensors are known as expressions, so that shapes
// computed from shapes stay exact: what reshape_like makes of them shows it.
// RUN: lazuli-opt %s --lz-infer-shapes | FileCheck %s

!u = !lz.tensor<* x f32>
!i = !lz.tensor<* x i64>
!x = !lz.tensor<"n" x 4 x 6 x f32>

// Shape, gather, multiply, concatenate, reshape.
// CHECK: lz.func @chain({{.*}}) -> !lz.tensor<[4*n] x 6 x f32>
lz.func @chain(%x: !x) -> !u {
  %s = lz.shape_of %x : (!x) -> !i
  %zero = lz.constant dense<0> : tensor<i64>
  %one = lz.constant dense<[1]> : tensor<1xi64>
  %n = lz.gather %s, %zero : (!i, !lz.tensor<i64>) -> !i
  %c = lz.gather %s, %one : (!i, !lz.tensor<1 x i64>) -> !i
  %m = lz.mul %n, %c : (!i, !i) -> !i
  %last = lz.constant dense<[-1]> : tensor<1xi64>
  %d = lz.concat %m, %last {axis = 0} : (!i, !lz.tensor<1 x i64>) -> !i
  %y = lz.reshape_like %x, %d : (!x, !i) -> !u
  lz.return %y : !u
}

// A slice of a shape, and a dimension alone.
// CHECK: lz.func @slice({{.*}}) -> !lz.tensor<4 x 6 x "n" x f32>
lz.func @slice(%x: !x) -> !u {
  %s = lz.shape_of %x : (!x) -> !i
  %tail = lz.slice %s {axis = 0, begin = #lz.dim<1>, end = #lz.dim<9223372036854775807>} : (!i) -> !i
  %n = lz.dim_of %x {axis = 0} : (!x) -> !i
  %n1 = lz.unsqueeze %n {axes = [0]} : (!i) -> !i
  %d = lz.concat %tail, %n1 {axis = 0} : (!i, !i) -> !i
  %y = lz.reshape_like %x, %d : (!x, !i) -> !u
  lz.return %y : !u
}

// Every arithmetic op that keeps dimensions exact.
// CHECK: lz.func @arithmetic({{.*}}) -> !lz.tensor<[n + 1] x [n + 2] x [2*n] x "n" x [floordiv(n, 2)] x [mod(n, 3)] x [max(7, n)] x [min(5, n)] x f32>
lz.func @arithmetic(%x: !x, %s: !lz.tensor<f32>) -> !u {
  %n = lz.dim_of %x {axis = 0} : (!x) -> !i
  %m1 = lz.constant dense<-1> : tensor<i64>
  %2 = lz.constant dense<2> : tensor<i64>
  %3 = lz.constant dense<3> : tensor<i64>
  %5 = lz.constant dense<5> : tensor<i64>
  %7 = lz.constant dense<7> : tensor<i64>
  %a = lz.sub %n, %m1 : (!i, !lz.tensor<i64>) -> !i
  %b = lz.add %n, %2 : (!i, !lz.tensor<i64>) -> !i
  %c = lz.mul %n, %2 : (!i, !lz.tensor<i64>) -> !i
  %d0 = lz.div %c, %2 : (!i, !lz.tensor<i64>) -> !i
  %d1 = lz.cast %d0 : (!i) -> !lz.tensor<* x i32>
  %d2 = lz.cast %d1 : (!lz.tensor<* x i32>) -> !i
  %d3 = lz.neg %d2 : (!i) -> !i
  %d = lz.neg %d3 : (!i) -> !i
  %e = lz.floor_div %n, %2 : (!i, !lz.tensor<i64>) -> !i
  %f = lz.mod %n, %3 : (!i, !lz.tensor<i64>) -> !i
  %g = lz.max %n, %7 : (!i, !lz.tensor<i64>) -> !i
  %h = lz.min %n, %5 : (!i, !lz.tensor<i64>) -> !i
  %a1 = lz.unsqueeze %a {axes = [0]} : (!i) -> !i
  %b1 = lz.unsqueeze %b {axes = [0]} : (!i) -> !i
  %c1 = lz.unsqueeze %c {axes = [0]} : (!i) -> !i
  %d4 = lz.unsqueeze %d {axes = [0]} : (!i) -> !i
  %e1 = lz.unsqueeze %e {axes = [0]} : (!i) -> !i
  %f1 = lz.unsqueeze %f {axes = [0]} : (!i) -> !i
  %g1 = lz.unsqueeze %g {axes = [0]} : (!i) -> !i
  %h1 = lz.unsqueeze %h {axes = [0]} : (!i) -> !i
  %dims = lz.concat %a1, %b1, %c1, %d4, %e1, %f1, %g1, %h1 {axis = 0} : (!i, !i, !i, !i, !i, !i, !i, !i) -> !i
  %y = lz.expand_like %s, %dims : (!lz.tensor<f32>, !i) -> !u
  lz.return %y : !u
}

// Comparisons that are decided choose.
// CHECK: lz.func @choice({{.*}}) -> !lz.tensor<"n" x f32>
lz.func @choice(%x: !x, %s: !lz.tensor<f32>) -> !u {
  %shape = lz.shape_of %x : (!x) -> !i
  %n = lz.select_index %shape {axis = 0, index = 0} : (!i) -> !i
  %c = lz.select_index %shape {axis = 0, index = 1} : (!i) -> !i
  %4 = lz.constant dense<4> : tensor<i64>
  %is = lz.eq %c, %4 : (!i, !lz.tensor<i64>) -> !lz.tensor<* x i1>
  %pick = lz.select %is, %n, %c : (!lz.tensor<* x i1>, !i, !i) -> !i
  %dims = lz.reshape %pick {shape = #lz.dims<1>} : (!i) -> !i
  %y = lz.expand_like %s, %dims : (!lz.tensor<f32>, !i) -> !u
  lz.return %y : !u
}

// The number of elements as a product, and ones as a shape.
// CHECK: lz.func @product({{.*}}) -> !lz.tensor<[24*n] x 1 x 1 x f32>
lz.func @product(%x: !x) -> !u {
  %s = lz.shape_of %x : (!x) -> !i
  %p = lz.reduce prod %s {axes = [0], keep_dims = true} : (!i) -> !i
  %ones = lz.full {shape = #lz.dims<2>, value = 1} : () -> !i
  %dims = lz.concat %p, %ones {axis = 0} : (!i, !i) -> !i
  %y = lz.reshape_like %x, %dims : (!x, !i) -> !u
  lz.return %y : !u
}

// Counted and repeated elements.
// CHECK: lz.func @made({{.*}}) -> !lz.tensor<0 x 1 x 2 x 3 x 3 x f32>
lz.func @made(%s: !lz.tensor<1 x 1 x 1 x 1 x 1 x f32>) -> !u {
  %i = lz.iota {shape = #lz.dims<3>} : () -> !i
  %3 = lz.constant dense<3> : tensor<i64>
  %e = lz.expand %3 {shape = #lz.dims<2>} : (!lz.tensor<i64>) -> !i
  %dims = lz.concat %i, %e {axis = 0} : (!i, !i) -> !i
  %y = lz.expand_like %s, %dims : (!lz.tensor<1 x 1 x 1 x 1 x 1 x f32>, !i) -> !u
  lz.return %y : !u
}
