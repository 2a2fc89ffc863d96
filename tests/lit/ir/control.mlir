// Host operations, branches, loops, and the types that only they take: in text
// and in bytecode.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s

// CHECK: @types(!lz.tensor<2 x "n" x !lz.string>, !lz.sequence<!lz.tensor<"?" x 4 x f32>>, !lz.sequence<!lz.tensor<* x !lz.string>>, !lz.optional<!lz.tensor<f32>>, !lz.optional<!lz.sequence<!lz.tensor<* x i64>>>)
lz.func private @types(!lz.tensor<2 x "n" x !lz.string>, !lz.sequence<!lz.tensor<"?" x 4 x f32>>, !lz.sequence<!lz.tensor<*x!lz.string>>, !lz.optional<!lz.tensor<f32>>, !lz.optional<!lz.sequence<!lz.tensor<* x i64>>>)

// CHECK-LABEL: lz.func @host
lz.func @host(%x: !lz.tensor<4 x f32>, %s: !lz.sequence<!lz.tensor<4 x f32>>) -> !lz.sequence<!lz.tensor<4 x f32>> {
  // CHECK: lz.host "nonzero"(%{{.*}}) defines ["n"] : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x "n" x i64>
  %i = lz.host "nonzero"(%x) defines ["n"] : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x "n" x i64>
  // CHECK: lz.host "expect_values"(%{{.*}}) {message = "no", values = [1.000000e+00, 2.000000e+00]} : (!lz.tensor<4 x f32>) -> ()
  lz.host "expect_values"(%x) {values = [1.0, 2.0], message = "no"} : (!lz.tensor<4 x f32>) -> ()
  // CHECK: lz.host "top_k"(%{{.*}}) {axis = 0, largest = true} : (!lz.tensor<4 x f32>) -> (!lz.tensor<2 x f32>, !lz.tensor<2 x i64>)
  %v:2 = lz.host "top_k"(%x) {axis = 0, largest = true} : (!lz.tensor<4 x f32>) -> (!lz.tensor<2 x f32>, !lz.tensor<2 x i64>)
  // CHECK: lz.host "sequence_empty"() : () -> !lz.sequence<!lz.tensor<* x f32>>
  %e = lz.host "sequence_empty"() : () -> !lz.sequence<!lz.tensor<* x f32>>
  // CHECK: lz.host "sequence_insert"(%{{.*}}, %{{.*}}) attributes {lz.note} : (!lz.sequence<!lz.tensor<4 x f32>>, !lz.tensor<4 x f32>) -> !lz.sequence<!lz.tensor<4 x f32>>
  %t = lz.host "sequence_insert"(%s, %x) attributes {lz.note} : (!lz.sequence<!lz.tensor<4 x f32>>, !lz.tensor<4 x f32>) -> !lz.sequence<!lz.tensor<4 x f32>>
  lz.return %t : !lz.sequence<!lz.tensor<4 x f32>>
}

// CHECK-LABEL: lz.func @branch
lz.func @branch(%c: !lz.tensor<i1>, %a: !lz.tensor<2 x f32>, %b: !lz.tensor<3 x f32>) -> !lz.tensor<"n" x f32> {
  // CHECK: lz.if %{{.*}} defines ["n"] : (!lz.tensor<i1>) -> !lz.tensor<"n" x f32> {
  // CHECK-NEXT: lz.yield %{{.*}} : !lz.tensor<2 x f32>
  // CHECK-NEXT: } else {
  // CHECK-NEXT: lz.yield %{{.*}} : !lz.tensor<3 x f32>
  // CHECK-NEXT: }
  %y = lz.if %c defines ["n"] : (!lz.tensor<i1>) -> !lz.tensor<"n" x f32> {
    lz.yield %a : !lz.tensor<2 x f32>
  } else {
    lz.yield %b : !lz.tensor<3 x f32>
  }
  lz.return %y : !lz.tensor<"n" x f32>
}

// CHECK-LABEL: lz.func @loops
lz.func @loops(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>, %x: !lz.tensor<2 x f32>) -> !lz.tensor<"m" x f32> {
  // CHECK: lz.loop trip(%{{.*}}) while(%{{.*}}) iter(%{{.*}}) defines ["m"] iterates ["k"] : (!lz.tensor<i64>, !lz.tensor<i1>, !lz.tensor<2 x f32>) -> !lz.tensor<"m" x f32> {
  // CHECK-NEXT: ^bb0(%{{.*}}: !lz.tensor<i64>, %{{.*}}: !lz.tensor<"k" x f32>):
  %y = lz.loop trip(%n) while(%c) iter(%x) defines ["m"] iterates ["k"] : (!lz.tensor<i64>, !lz.tensor<i1>, !lz.tensor<2 x f32>) -> !lz.tensor<"m" x f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<"k" x f32>):
    %d = lz.concat %a, %a {axis = 0} : (!lz.tensor<"k" x f32>, !lz.tensor<"k" x f32>) -> !lz.tensor<[2*k] x f32>
    lz.yield %c, %d : !lz.tensor<i1>, !lz.tensor<[2*k] x f32>
  }
  // CHECK: lz.loop trip(%{{.*}}) iter() : (!lz.tensor<i64>) -> !lz.tensor<* x f32> {
  %z = lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> !lz.tensor<* x f32> {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield %c, %x : !lz.tensor<i1>, !lz.tensor<2 x f32>
  }
  // CHECK: lz.loop iter(%{{.*}}) : (!lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> {
  %w = lz.loop iter(%x) : (!lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<2 x f32>):
    lz.yield %c, %a : !lz.tensor<i1>, !lz.tensor<2 x f32>
  }
  lz.return %y : !lz.tensor<"m" x f32>
}
