// RUN: lazuli-opt %s --split-input-file --lz-canonicalize --lz-recognize | FileCheck %s

// Scores divided, a float mask added, the key transposed with its heads.
// CHECK-LABEL: lz.func @bert
// CHECK: %[[K:.*]] = lz.transpose %arg1 {perm = [0, 2, 1, 3]}
// CHECK: %[[M:.*]] = lz.reshape %arg3 {shape = #lz.dims<1, 8>}
// CHECK: %[[Y:.*]] = lz.attention %arg0, %[[K]], %arg2, %[[M]] {scale = 5.000000e-01}
// CHECK-NEXT: lz.return %[[Y]]
lz.func @bert(%q: !lz.tensor<1 x 2 x 8 x 4 x f32>, %k: !lz.tensor<1 x 8 x 2 x 4 x f32>, %v: !lz.tensor<1 x 2 x 8 x 4 x f32>, %m: !lz.tensor<1 x 1 x 1 x 8 x f32>) -> !lz.tensor<1 x 2 x 8 x 4 x f32> {
  %two = lz.constant dense<2.0> : tensor<f32>
  %0 = lz.transpose %k {perm = [0, 2, 3, 1]} : (!lz.tensor<1 x 8 x 2 x 4 x f32>) -> !lz.tensor<1 x 2 x 4 x 8 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<1 x 2 x 8 x 4 x f32>, !lz.tensor<1 x 2 x 4 x 8 x f32>) -> !lz.tensor<1 x 2 x 8 x 8 x f32>
  %2 = lz.div %1, %two : (!lz.tensor<1 x 2 x 8 x 8 x f32>, !lz.tensor<f32>) -> !lz.tensor<1 x 2 x 8 x 8 x f32>
  %3 = lz.add %2, %m : (!lz.tensor<1 x 2 x 8 x 8 x f32>, !lz.tensor<1 x 1 x 1 x 8 x f32>) -> !lz.tensor<1 x 2 x 8 x 8 x f32>
  %4 = lz.softmax %3 {axis = -1} : (!lz.tensor<1 x 2 x 8 x 8 x f32>) -> !lz.tensor<1 x 2 x 8 x 8 x f32>
  %5 = lz.matmul %4, %v : (!lz.tensor<1 x 2 x 8 x 8 x f32>, !lz.tensor<1 x 2 x 8 x 4 x f32>) -> !lz.tensor<1 x 2 x 8 x 4 x f32>
  lz.return %5 : !lz.tensor<1 x 2 x 8 x 4 x f32>
}

// -----

// Query and key scaled each, the key transposed as a batch of matrices.
// CHECK-LABEL: lz.func @both_scaled
// CHECK: %[[Y:.*]] = lz.attention %arg0, %arg1, %arg2 {scale = 2.500000e-01}
// CHECK-NEXT: lz.return %[[Y]]
lz.func @both_scaled(%q: !lz.tensor<2 x 3 x 8 x 4 x f32>, %k: !lz.tensor<2 x 3 x 6 x 4 x f32>, %v: !lz.tensor<2 x 3 x 6 x 5 x f32>) -> !lz.tensor<2 x 3 x 8 x 5 x f32> {
  %half = lz.constant dense<0.5> : tensor<f32>
  %0 = lz.reshape %k {shape = #lz.dims<6, 6, 4>} : (!lz.tensor<2 x 3 x 6 x 4 x f32>) -> !lz.tensor<6 x 6 x 4 x f32>
  %1 = lz.transpose %0 {perm = [0, 2, 1]} : (!lz.tensor<6 x 6 x 4 x f32>) -> !lz.tensor<6 x 4 x 6 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<2, 3, 4, 6>} : (!lz.tensor<6 x 4 x 6 x f32>) -> !lz.tensor<2 x 3 x 4 x 6 x f32>
  %3 = lz.mul %q, %half : (!lz.tensor<2 x 3 x 8 x 4 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 3 x 8 x 4 x f32>
  %4 = lz.mul %2, %half : (!lz.tensor<2 x 3 x 4 x 6 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 3 x 4 x 6 x f32>
  %5 = lz.matmul %3, %4 : (!lz.tensor<2 x 3 x 8 x 4 x f32>, !lz.tensor<2 x 3 x 4 x 6 x f32>) -> !lz.tensor<2 x 3 x 8 x 6 x f32>
  %6 = lz.softmax %5 {axis = 3} : (!lz.tensor<2 x 3 x 8 x 6 x f32>) -> !lz.tensor<2 x 3 x 8 x 6 x f32>
  %7 = lz.matmul %6, %v : (!lz.tensor<2 x 3 x 8 x 6 x f32>, !lz.tensor<2 x 3 x 6 x 5 x f32>) -> !lz.tensor<2 x 3 x 8 x 5 x f32>
  lz.return %7 : !lz.tensor<2 x 3 x 8 x 5 x f32>
}

// -----

// Products of batches of three axes, a mask and the softmax with four; the mask is
// added before the scores are scaled.
// CHECK-LABEL: lz.func @batches
// CHECK-DAG: %[[K:.*]] = lz.reshape %arg1 {shape = #lz.dims<2, 3, 6, 4>}
// CHECK-DAG: %[[Q:.*]] = lz.reshape %arg0 {shape = #lz.dims<2, 3, 8, 4>}
// CHECK-DAG: %[[V:.*]] = lz.reshape %arg2 {shape = #lz.dims<2, 3, 6, 5>}
// CHECK-DAG: %[[M:.*]] = lz.mul %arg3
// CHECK: %[[Y:.*]] = lz.attention %[[Q]], %[[K]], %[[V]], %[[M]] {scale = 5.000000e-01}
// CHECK: %[[R:.*]] = lz.reshape %[[Y]] {shape = #lz.dims<6, 8, 5>}
// CHECK: lz.return %[[R]]
lz.func @batches(%q: !lz.tensor<6 x 8 x 4 x f32>, %k: !lz.tensor<6 x 6 x 4 x f32>, %v: !lz.tensor<6 x 6 x 5 x f32>, %m: !lz.tensor<2 x 1 x 8 x 6 x f32>) -> !lz.tensor<6 x 8 x 5 x f32> {
  %half = lz.constant dense<0.5> : tensor<f32>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<6 x 6 x 4 x f32>) -> !lz.tensor<6 x 4 x 6 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<6 x 8 x 4 x f32>, !lz.tensor<6 x 4 x 6 x f32>) -> !lz.tensor<6 x 8 x 6 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<2, 3, 8, 6>} : (!lz.tensor<6 x 8 x 6 x f32>) -> !lz.tensor<2 x 3 x 8 x 6 x f32>
  %3 = lz.add %m, %2 : (!lz.tensor<2 x 1 x 8 x 6 x f32>, !lz.tensor<2 x 3 x 8 x 6 x f32>) -> !lz.tensor<2 x 3 x 8 x 6 x f32>
  %4 = lz.mul %3, %half : (!lz.tensor<2 x 3 x 8 x 6 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 3 x 8 x 6 x f32>
  %5 = lz.reshape %4 {shape = #lz.dims<6, 8, 6>} : (!lz.tensor<2 x 3 x 8 x 6 x f32>) -> !lz.tensor<6 x 8 x 6 x f32>
  %6 = lz.softmax %5 {axis = -1} : (!lz.tensor<6 x 8 x 6 x f32>) -> !lz.tensor<6 x 8 x 6 x f32>
  %7 = lz.matmul %6, %v : (!lz.tensor<6 x 8 x 6 x f32>, !lz.tensor<6 x 6 x 5 x f32>) -> !lz.tensor<6 x 8 x 5 x f32>
  lz.return %7 : !lz.tensor<6 x 8 x 5 x f32>
}

// -----

// A table that keeps the past, chosen and added: with nothing else, a finite least
// number is as good as minus infinity, since every query keeps its own key.
// CHECK-LABEL: lz.func @causal_tables
// CHECK: %[[Y:.*]] = lz.attention %arg0, %arg1, %arg2 {causal = true, scale = 1.000000e+00}
// CHECK-NEXT: lz.return %[[Y]]
lz.func @causal_tables(%q: !lz.tensor<2 x 3 x 4 x f32>, %k: !lz.tensor<2 x 3 x 4 x f32>, %v: !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
  %table = lz.constant dense<[[[true, false, false], [true, true, false], [true, true, true]]]> : tensor<1x3x3xi1>
  %summand = lz.constant dense<[[0.0, -3.40282347E+38, -3.40282347E+38], [0.0, 0.0, -3.40282347E+38], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %least = lz.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 4 x 3 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 4 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %2 = lz.select %table, %1, %least : (!lz.tensor<1 x 3 x 3 x i1>, !lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %3 = lz.add %2, %summand : (!lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<3 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %4 = lz.softmax %3 {axis = -1} : (!lz.tensor<2 x 3 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %5 = lz.matmul %4, %v : (!lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  lz.return %5 : !lz.tensor<2 x 3 x 4 x f32>
}

// -----

// Beside another mask a finite number stays a mask: both together may leave a query
// nothing, and then the scores count again.
// CHECK-LABEL: lz.func @causal_and_padding
// CHECK: %[[S:.*]] = lz.add
// CHECK: lz.attention %arg0, %arg1, %arg2, %[[S]] {scale = 1.000000e+00}
lz.func @causal_and_padding(%q: !lz.tensor<2 x 3 x 4 x f32>, %k: !lz.tensor<2 x 3 x 4 x f32>, %v: !lz.tensor<2 x 3 x 4 x f32>, %m: !lz.tensor<2 x 1 x 3 x f32>) -> !lz.tensor<2 x 3 x 4 x f32> {
  %summand = lz.constant dense<[[0.0, -1.0E+9, -1.0E+9], [0.0, 0.0, -1.0E+9], [0.0, 0.0, 0.0]]> : tensor<3x3xf32>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 4 x 3 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<2 x 3 x 4 x f32>, !lz.tensor<2 x 4 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %2 = lz.add %1, %m : (!lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<2 x 1 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %3 = lz.add %2, %summand : (!lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<3 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %4 = lz.softmax %3 {axis = -1} : (!lz.tensor<2 x 3 x 3 x f32>) -> !lz.tensor<2 x 3 x 3 x f32>
  %5 = lz.matmul %4, %v : (!lz.tensor<2 x 3 x 3 x f32>, !lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<2 x 3 x 4 x f32>
  lz.return %5 : !lz.tensor<2 x 3 x 4 x f32>
}

// -----

// Of dynamic lengths: counters compared, a padding mask of booleans beside, weights
// guarded against queries without any key.
// CHECK-LABEL: lz.func @counters
// CHECK: lz.attention %arg0, %arg1, %arg2, %arg3 {causal = true, scale = 1.000000e+00}
// CHECK-NOT: lz.is_nan
lz.symbol "n" dynamic {min = 2}
lz.func @counters(%q: !lz.tensor<2 x "n" x 4 x f32>, %k: !lz.tensor<2 x "n" x 4 x f32>, %v: !lz.tensor<2 x "n" x 4 x f32>, %m: !lz.tensor<2 x 1 x "n" x i1>) -> !lz.tensor<2 x "n" x 4 x f32> {
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %zero = lz.constant dense<0.0> : tensor<f32>
  %one = lz.constant dense<1> : tensor<i64>
  %row = lz.iota {axis = 0, shape = #lz.dims<"n", 1>} : () -> !lz.tensor<"n" x 1 x i64>
  %end = lz.add %row, %one : (!lz.tensor<"n" x 1 x i64>, !lz.tensor<i64>) -> !lz.tensor<"n" x 1 x i64>
  %column = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  %past = lz.lt %column, %end : (!lz.tensor<"n" x i64>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x "n" x i1>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x 4 x "n" x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %2 = lz.select %past, %1, %inf : (!lz.tensor<"n" x "n" x i1>, !lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %3 = lz.select %m, %2, %inf : (!lz.tensor<2 x 1 x "n" x i1>, !lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %4 = lz.softmax %3 {axis = -1} : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %5 = lz.is_nan %4 : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x i1>
  %6 = lz.select %5, %zero, %4 : (!lz.tensor<2 x "n" x "n" x i1>, !lz.tensor<f32>, !lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %7 = lz.matmul %6, %v : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  lz.return %7 : !lz.tensor<2 x "n" x 4 x f32>
}

// -----

// Triangles: the lower one of ones compared with 0, and an upper one that is added.
// CHECK-LABEL: lz.func @triangles
// CHECK: lz.attention {{.*}} {causal = true,
// CHECK: lz.attention {{.*}} {causal = true,
lz.symbol "n" dynamic {min = 2}
lz.func @triangles(%q: !lz.tensor<2 x "n" x 4 x f32>, %k: !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x 4 x f32> {
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %zero = lz.constant dense<0.0> : tensor<f32>
  %v = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  %ones = lz.full {shape = #lz.dims<"n", "n">, value = 1.0} : () -> !lz.tensor<"n" x "n" x f32>
  %lower = lz.triangular %ones : (!lz.tensor<"n" x "n" x f32>) -> !lz.tensor<"n" x "n" x f32>
  %future = lz.eq %lower, %zero : (!lz.tensor<"n" x "n" x f32>, !lz.tensor<f32>) -> !lz.tensor<"n" x "n" x i1>
  %least = lz.full {shape = #lz.dims<"n", "n">, value = -3.40282347E+38} : () -> !lz.tensor<"n" x "n" x f32>
  %upper = lz.triangular %least {upper = true, diagonal = 1} : (!lz.tensor<"n" x "n" x f32>) -> !lz.tensor<"n" x "n" x f32>
  %0 = lz.matmul %q, %k : (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %1 = lz.select %future, %inf, %0 : (!lz.tensor<"n" x "n" x i1>, !lz.tensor<f32>, !lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %2 = lz.softmax %1 {axis = -1} : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %3 = lz.matmul %2, %v : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  %4 = lz.matmul %3, %k : (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %5 = lz.add %4, %upper : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<"n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %6 = lz.softmax %5 {axis = -1} : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %7 = lz.matmul %6, %v : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  lz.return %7 : !lz.tensor<2 x "n" x 4 x f32>
}

// -----

// A triangle with another diagonal, and one that keeps the future, are masks as any.
// CHECK-LABEL: lz.func @not_causal
// CHECK-NOT: causal = true
// CHECK: lz.attention %arg0, %arg1, %arg2, %{{.*}} {scale
// CHECK-NOT: causal = true
// CHECK: lz.attention %{{.*}}, %arg1, %arg2, %{{.*}} {scale
lz.symbol "n" dynamic {min = 2}
lz.func @not_causal(%q: !lz.tensor<2 x "n" x 4 x f32>, %k: !lz.tensor<2 x "n" x 4 x f32>, %v: !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32> {
  %inf = lz.constant dense<0xFF800000> : tensor<f32>
  %row = lz.iota {axis = 0, shape = #lz.dims<"n", 1>} : () -> !lz.tensor<"n" x 1 x i64>
  %column = lz.iota {axis = 0, shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  %strict = lz.lt %column, %row : (!lz.tensor<"n" x i64>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x "n" x i1>
  %future = lz.ge %column, %row : (!lz.tensor<"n" x i64>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x "n" x i1>
  %t = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x 4 x "n" x f32>
  %0 = lz.matmul %q, %t : (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %1 = lz.select %strict, %0, %inf : (!lz.tensor<"n" x "n" x i1>, !lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %2 = lz.softmax %1 {axis = -1} : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %3 = lz.matmul %2, %v : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  %4 = lz.matmul %3, %t : (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x 4 x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %5 = lz.select %future, %4, %inf : (!lz.tensor<"n" x "n" x i1>, !lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %6 = lz.softmax %5 {axis = -1} : (!lz.tensor<2 x "n" x "n" x f32>) -> !lz.tensor<2 x "n" x "n" x f32>
  %7 = lz.matmul %6, %v : (!lz.tensor<2 x "n" x "n" x f32>, !lz.tensor<2 x "n" x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  lz.return %7 : !lz.tensor<2 x "n" x 4 x f32>
}

// -----

// A choice with a finite number becomes a summand, whose rows without any key stay as
// they were.
// CHECK-LABEL: lz.func @finite_choice
// CHECK: %[[M:.*]] = lz.select %arg3, %{{.*}}, %{{.*}} : (!lz.tensor<2 x 1 x 8 x i1>, !lz.tensor<f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 1 x 8 x f32>
// CHECK: lz.attention %arg0, %arg1, %arg2, %[[M]]
lz.func @finite_choice(%q: !lz.tensor<2 x 8 x 4 x f32>, %k: !lz.tensor<2 x 8 x 4 x f32>, %v: !lz.tensor<2 x 8 x 4 x f32>, %m: !lz.tensor<2 x 1 x 8 x i1>) -> !lz.tensor<2 x 8 x 4 x f32> {
  %least = lz.constant dense<-3.40282347E+38> : tensor<f32>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 4 x 8 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<2 x 8 x 4 x f32>, !lz.tensor<2 x 4 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %2 = lz.select %m, %1, %least : (!lz.tensor<2 x 1 x 8 x i1>, !lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %3 = lz.softmax %2 {axis = -1} : (!lz.tensor<2 x 8 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %4 = lz.matmul %3, %v : (!lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 8 x 4 x f32>
  lz.return %4 : !lz.tensor<2 x 8 x 4 x f32>
}

// -----

// Not with a number that leaves what is dropped some weight.
// CHECK-LABEL: lz.func @mild_choice
// CHECK-NOT: lz.attention
// CHECK: lz.return
lz.func @mild_choice(%q: !lz.tensor<2 x 8 x 4 x f32>, %k: !lz.tensor<2 x 8 x 4 x f32>, %v: !lz.tensor<2 x 8 x 4 x f32>, %m: !lz.tensor<2 x 1 x 8 x i1>) -> !lz.tensor<2 x 8 x 4 x f32> {
  %low = lz.constant dense<-10.0> : tensor<f32>
  %0 = lz.transpose %k {perm = [0, 2, 1]} : (!lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 4 x 8 x f32>
  %1 = lz.matmul %q, %0 : (!lz.tensor<2 x 8 x 4 x f32>, !lz.tensor<2 x 4 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %2 = lz.select %m, %1, %low : (!lz.tensor<2 x 1 x 8 x i1>, !lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %3 = lz.softmax %2 {axis = -1} : (!lz.tensor<2 x 8 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %4 = lz.matmul %3, %v : (!lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 8 x 4 x f32>
  lz.return %4 : !lz.tensor<2 x 8 x 4 x f32>
}

// -----

// Weights that leave the function are computed anyway; a softmax over queries is
// something else.
// CHECK-LABEL: lz.func @not_attention
// CHECK-NOT: lz.attention
// CHECK: lz.return
lz.func @not_attention(%q: !lz.tensor<2 x 8 x 4 x f32>, %k: !lz.tensor<2 x 4 x 8 x f32>, %v: !lz.tensor<2 x 8 x 4 x f32>) -> (!lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>) {
  %0 = lz.matmul %q, %k : (!lz.tensor<2 x 8 x 4 x f32>, !lz.tensor<2 x 4 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %1 = lz.softmax %0 {axis = -1} : (!lz.tensor<2 x 8 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %2 = lz.matmul %1, %v : (!lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 8 x 4 x f32>
  %3 = lz.matmul %2, %k : (!lz.tensor<2 x 8 x 4 x f32>, !lz.tensor<2 x 4 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %4 = lz.softmax %3 {axis = 1} : (!lz.tensor<2 x 8 x 8 x f32>) -> !lz.tensor<2 x 8 x 8 x f32>
  %5 = lz.matmul %4, %v : (!lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>) -> !lz.tensor<2 x 8 x 4 x f32>
  lz.return %1, %5 : !lz.tensor<2 x 8 x 8 x f32>, !lz.tensor<2 x 8 x 4 x f32>
}

// -----

// Heads of keys and values repeated for groups of queries are read in place.
// CHECK-LABEL: lz.func @grouped
// CHECK-NOT: lz.expand
// CHECK-DAG: %[[Q:.*]] = lz.reshape %arg0 {shape = #lz.dims<1, 2, 3, 8, 4>}
// CHECK-DAG: %[[K:.*]] = lz.reshape %arg1 {shape = #lz.dims<1, 2, 1, 8, 4>}
// CHECK-DAG: %[[V:.*]] = lz.reshape %arg2 {shape = #lz.dims<1, 2, 1, 8, 4>}
// CHECK: %[[Y:.*]] = lz.attention %[[Q]], %[[K]], %[[V]]
// CHECK: lz.reshape %[[Y]] {shape = #lz.dims<1, 6, 8, 4>}
lz.func @grouped(%q: !lz.tensor<1 x 6 x 8 x 4 x f32>, %k: !lz.tensor<1 x 2 x 8 x 4 x f32>, %v: !lz.tensor<1 x 2 x 8 x 4 x f32>) -> !lz.tensor<1 x 6 x 8 x 4 x f32> {
  %0 = lz.unsqueeze %k {axes = [2]} : (!lz.tensor<1 x 2 x 8 x 4 x f32>) -> !lz.tensor<1 x 2 x 1 x 8 x 4 x f32>
  %1 = lz.expand %0 {shape = #lz.dims<1, 2, 3, 8, 4>} : (!lz.tensor<1 x 2 x 1 x 8 x 4 x f32>) -> !lz.tensor<1 x 2 x 3 x 8 x 4 x f32>
  %2 = lz.reshape %1 {shape = #lz.dims<1, 6, 8, 4>} : (!lz.tensor<1 x 2 x 3 x 8 x 4 x f32>) -> !lz.tensor<1 x 6 x 8 x 4 x f32>
  %3 = lz.unsqueeze %v {axes = [2]} : (!lz.tensor<1 x 2 x 8 x 4 x f32>) -> !lz.tensor<1 x 2 x 1 x 8 x 4 x f32>
  %4 = lz.expand %3 {shape = #lz.dims<1, 2, 3, 8, 4>} : (!lz.tensor<1 x 2 x 1 x 8 x 4 x f32>) -> !lz.tensor<1 x 2 x 3 x 8 x 4 x f32>
  %5 = lz.reshape %4 {shape = #lz.dims<1, 6, 8, 4>} : (!lz.tensor<1 x 2 x 3 x 8 x 4 x f32>) -> !lz.tensor<1 x 6 x 8 x 4 x f32>
  %6 = lz.transpose %2 {perm = [0, 1, 3, 2]} : (!lz.tensor<1 x 6 x 8 x 4 x f32>) -> !lz.tensor<1 x 6 x 4 x 8 x f32>
  %7 = lz.matmul %q, %6 : (!lz.tensor<1 x 6 x 8 x 4 x f32>, !lz.tensor<1 x 6 x 4 x 8 x f32>) -> !lz.tensor<1 x 6 x 8 x 8 x f32>
  %8 = lz.softmax %7 {axis = -1} : (!lz.tensor<1 x 6 x 8 x 8 x f32>) -> !lz.tensor<1 x 6 x 8 x 8 x f32>
  %9 = lz.matmul %8, %5 : (!lz.tensor<1 x 6 x 8 x 8 x f32>, !lz.tensor<1 x 6 x 8 x 4 x f32>) -> !lz.tensor<1 x 6 x 8 x 4 x f32>
  lz.return %9 : !lz.tensor<1 x 6 x 8 x 4 x f32>
}
