// The tensor type: every form of dimension, every element type, in text and in
// bytecode.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s

// A dimension is a number, a symbol or an expression; the rank may be unknown.
// CHECK: @dims(!lz.tensor<f32>, !lz.tensor<0 x f32>, !lz.tensor<4 x "batch" x [2*n + 1] x f32>, !lz.tensor<* x f32>)
lz.func private @dims(!lz.tensor<f32>, !lz.tensor<0 x f32>, !lz.tensor<4 x "batch" x [2*"n" + 1] x f32>, !lz.tensor<* x f32>)

// Spaces are free.
// CHECK: @spaces(!lz.tensor<4 x "n" x f32>, !lz.tensor<* x f32>)
lz.func private @spaces(!lz.tensor<4x"n"xf32>, !lz.tensor<*xf32>)

// An expression that is a number or a symbol becomes one.
// CHECK: @normal(!lz.tensor<7 x "n" x 0 x [a*b] x f32>)
lz.func private @normal(!lz.tensor<[1 + 2 * 3] x [n] x [n - n] x [b * a] x f32>)

// Functions and infix words of division; parentheses and signs.
// CHECK: @functions(!lz.tensor<[floordiv(n, 2)] x [ceildiv(n, m)] x [mod(n, 3)] x [min(m, n)] x [max(m, n)] x f32>)
lz.func private @functions(!lz.tensor<[n floordiv 2] x [ceildiv(n, m)] x [n mod 3] x [min(n, m)] x [max(m, n)] x f32>)
// CHECK: @signs(!lz.tensor<[2*m - n + 5] x f32>)
lz.func private @signs(!lz.tensor<[-(n - 2 * (m + 1)) - -3] x f32>)

// A symbol's name may be any text.
// CHECK: @names(!lz.tensor<"fc1.in_features" x "0" x "a \22b\22" x [2*"a b" + "min" + x] x f32>)
lz.func private @names(!lz.tensor<"fc1.in_features" x "0" x "a \"b\"" x [2 * "a b" + "min" + x] x f32>)

// CHECK: @elements(!lz.tensor<f64>, !lz.tensor<f32>, !lz.tensor<f16>, !lz.tensor<bf16>, !lz.tensor<i64>, !lz.tensor<i32>, !lz.tensor<i16>, !lz.tensor<i8>, !lz.tensor<ui64>, !lz.tensor<ui32>, !lz.tensor<ui16>, !lz.tensor<ui8>, !lz.tensor<i1>)
lz.func private @elements(!lz.tensor<f64>, !lz.tensor<f32>, !lz.tensor<f16>, !lz.tensor<bf16>, !lz.tensor<i64>, !lz.tensor<i32>, !lz.tensor<i16>, !lz.tensor<i8>, !lz.tensor<ui64>, !lz.tensor<ui32>, !lz.tensor<ui16>, !lz.tensor<ui8>, !lz.tensor<i1>)

// CHECK: module attributes {lz.any = [#lz.dim<-4>, #lz.dim<"n">, #lz.dim<[n + 1]>, #lz.dims<>, #lz.dims<"n", -1, [2*n]>]}
module attributes {lz.any = [#lz.dim<-4>, #lz.dim<"n">, #lz.dim<[n + 1]>, #lz.dims<>, #lz.dims<"n", -1, [2*n]>]} {}
