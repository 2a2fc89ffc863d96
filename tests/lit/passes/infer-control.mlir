// Shape inference of host operations, branches and loops.
// RUN: lazuli-opt %s --split-input-file --lz-infer-shapes | FileCheck %s

// What data decides is a symbol; inference makes those that are missing.
// CHECK-DAG: lz.symbol "mask.n" defined
// CHECK-LABEL: lz.func @nonzero
lz.func @nonzero(%x: !lz.tensor<2 x "n" x f32>) -> !lz.tensor<* x i64> {
  // CHECK: lz.host "nonzero"(%{{.*}}) defines ["mask.n"] : (!lz.tensor<2 x "n" x f32>) -> !lz.tensor<2 x "mask.n" x i64>
  %i = lz.host "nonzero"(%x) : (!lz.tensor<2 x "n" x f32>) -> !lz.tensor<* x i64> loc("mask")
  // CHECK: lz.transpose %{{.*}} -> !lz.tensor<"mask.n" x 2 x i64>
  %t = lz.transpose %i {perm = [1, 0]} : (!lz.tensor<* x i64>) -> !lz.tensor<* x i64>
  lz.return %t : !lz.tensor<* x i64>
}

// -----

// Dimensions that both branches agree on stay; one that differs is defined.
// CHECK: lz.symbol "if.result0.axis0" defined
// CHECK-LABEL: lz.func @join
lz.func @join(%c: !lz.tensor<i1>, %a: !lz.tensor<2 x "n" x f32>, %b: !lz.tensor<3 x "n" x f32>) -> !lz.tensor<* x f32> {
  // CHECK: lz.if %{{.*}} defines ["if.result0.axis0"] : (!lz.tensor<i1>) -> !lz.tensor<"if.result0.axis0" x "n" x f32>
  %y = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<* x f32> {
    %0 = lz.exp %a : (!lz.tensor<2 x "n" x f32>) -> !lz.tensor<* x f32>
    lz.yield %0 : !lz.tensor<* x f32>
  } else {
    lz.yield %b : !lz.tensor<3 x "n" x f32>
  }
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// What one branch needs is checked in that branch, and says nothing of the other.
// CHECK-LABEL: lz.func @guards
lz.func @guards(%c: !lz.tensor<i1>, %a: !lz.tensor<"n" x f32>, %b: !lz.tensor<2 x f32>, %d: !lz.tensor<3 x f32>) -> !lz.tensor<* x f32> {
  // CHECK: lz.if
  // CHECK-SAME: -> !lz.tensor<f32>
  // CHECK-NEXT: lz.guard "n" == 2, "'dot': {{.*}} must agree"
  // CHECK: } else {
  // CHECK-NEXT: lz.guard "n" == 3
  %y = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<* x f32> {
    %0 = lz.matmul %a, %b : (!lz.tensor<"n" x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> loc("dot")
    lz.yield %0 : !lz.tensor<* x f32>
  } else {
    %0 = lz.matmul %a, %d : (!lz.tensor<"n" x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
    lz.yield %0 : !lz.tensor<* x f32>
  }
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// A condition that shapes decide leaves one branch, however wrong the other is.
// CHECK-LABEL: lz.func @known
// CHECK-NOT: lz.if
// CHECK: lz.exp %{{.*}} -> !lz.tensor<4 x f32>
// CHECK-NOT: lz.squeeze
lz.func @known(%x: !lz.tensor<4 x f32>) -> !lz.tensor<* x f32> {
  %d = lz.dim_of %x {axis = 0} : (!lz.tensor<4 x f32>) -> !lz.tensor<i64>
  %one = lz.constant dense<1> : tensor<i64>
  %c = lz.eq %d, %one : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<i1>
  %y = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<* x f32> {
    %0 = lz.squeeze %x {axes = [0]} : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
    lz.yield %0 : !lz.tensor<* x f32>
  } else {
    %0 = lz.exp %x : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
    lz.yield %0 : !lz.tensor<* x f32>
  }
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// A carried value that keeps its shape keeps its expressions; a known trip count
// without a condition is the size of scan outputs.
// CHECK-LABEL: lz.func @scan
lz.func @scan(%x: !lz.tensor<"n" x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  %t = lz.constant dense<5> : tensor<i64>
  %true = lz.constant dense<true> : tensor<i1>
  // CHECK: lz.loop
  // CHECK-SAME: -> (!lz.tensor<"n" x f32>, !lz.tensor<5 x "n" x f32>)
  %y:2 = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<"n" x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<* x f32>):
    %0 = lz.exp %a : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
    lz.yield %true, %0, %0 : !lz.tensor<i1>, !lz.tensor<* x f32>, !lz.tensor<* x f32>
  }
  lz.return %y#0, %y#1 : !lz.tensor<* x f32>, !lz.tensor<* x f32>
}

// -----

// One that grows has a symbol of its own in each iteration, and another after it.
// CHECK-LABEL: lz.func @grow
lz.func @grow(%t: !lz.tensor<i64>, %x: !lz.tensor<1 x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x i64>) {
  %true = lz.constant dense<true> : tensor<i1>
  // CHECK: lz.loop trip(%{{.*}}) iter(%{{.*}}) defines ["grow.result0.axis0", "grow.iterations"] iterates ["grow.carried0.axis0"]
  // CHECK-SAME: -> (!lz.tensor<"grow.result0.axis0" x 4 x f32>, !lz.tensor<"grow.iterations" x i64>)
  // CHECK-NEXT: !lz.tensor<"grow.carried0.axis0" x 4 x f32>
  // CHECK: lz.concat {{.*}} -> !lz.tensor<[grow.carried0.axis0 + 1] x 4 x f32>
  %y:2 = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<1 x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x i64>) {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<* x f32>):
    %0 = lz.concat %a, %x {axis = 0} : (!lz.tensor<* x f32>, !lz.tensor<1 x 4 x f32>) -> !lz.tensor<* x f32>
    lz.yield %true, %0, %i : !lz.tensor<i1>, !lz.tensor<* x f32>, !lz.tensor<i64>
  } loc("grow")
  lz.return %y#0, %y#1 : !lz.tensor<* x f32>, !lz.tensor<* x i64>
}

// -----

// A sequence that a loop fills: what its elements agree on is known.
// CHECK-LABEL: lz.func @sequence
lz.func @sequence(%t: !lz.tensor<i64>, %x: !lz.tensor<"n" x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>) {
  %true = lz.constant dense<true> : tensor<i1>
  %zero = lz.constant dense<0> : tensor<i64>
  %s = lz.host "sequence_empty"() : () -> !lz.sequence<!lz.tensor<* x f32>>
  // CHECK: lz.loop
  // CHECK-SAME: -> !lz.sequence<!lz.tensor<"n" x 4 x f32>>
  %r = lz.loop trip(%t) iter(%s) : (!lz.tensor<i64>, !lz.sequence<!lz.tensor<* x f32>>) -> !lz.sequence<!lz.tensor<* x f32>> {
  ^bb0(%i: !lz.tensor<i64>, %q: !lz.sequence<!lz.tensor<* x f32>>):
    %0 = lz.host "sequence_insert"(%q, %x) : (!lz.sequence<!lz.tensor<* x f32>>, !lz.tensor<"n" x 4 x f32>) -> !lz.sequence<!lz.tensor<* x f32>>
    lz.yield %true, %0 : !lz.tensor<i1>, !lz.sequence<!lz.tensor<* x f32>>
  }
  // CHECK: lz.host "sequence_at"(%{{.*}}) : {{.*}} -> !lz.tensor<"n" x 4 x f32>
  %e = lz.host "sequence_at"(%r, %zero) : (!lz.sequence<!lz.tensor<* x f32>>, !lz.tensor<i64>) -> !lz.tensor<* x f32>
  // CHECK: lz.host "concat_from_sequence"(%{{.*}}) {axis = 0} defines ["all.axis0"] : {{.*}} -> !lz.tensor<"all.axis0" x 4 x f32>
  %c = lz.host "concat_from_sequence"(%r) {axis = 0} : (!lz.sequence<!lz.tensor<* x f32>>) -> !lz.tensor<* x f32> loc("all")
  lz.return %e, %c : !lz.tensor<* x f32>, !lz.tensor<* x f32>
}

// -----

// Elements of different ranks: the rank is unknown, whatever follows them.
// CHECK-LABEL: lz.func @ranks
lz.func @ranks(%a: !lz.tensor<2 x f32>, %b: !lz.tensor<f32>) -> !lz.sequence<!lz.tensor<* x f32>> {
  // CHECK: lz.host "sequence_construct"{{.*}} -> !lz.sequence<!lz.tensor<* x f32>>
  %s = lz.host "sequence_construct"(%a, %b, %a) : (!lz.tensor<2 x f32>, !lz.tensor<f32>, !lz.tensor<2 x f32>) -> !lz.sequence<!lz.tensor<* x f32>>
  lz.return %s : !lz.sequence<!lz.tensor<* x f32>>
}

// -----

// Elements of different sizes: what differs is "?", and known once one is taken.
// CHECK-LABEL: lz.func @elements
lz.func @elements(%i: !lz.tensor<i64>, %a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<3 x 4 x f32>) -> !lz.tensor<* x f32> {
  // CHECK: lz.host "sequence_construct"{{.*}} -> !lz.sequence<!lz.tensor<"?" x 4 x f32>>
  %s = lz.host "sequence_construct"(%a, %b) : (!lz.tensor<2 x 4 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.sequence<!lz.tensor<* x f32>>
  // CHECK: lz.host "sequence_at"(%{{.*}}) defines ["e.axis0"] : {{.*}} -> !lz.tensor<"e.axis0" x 4 x f32>
  %e = lz.host "sequence_at"(%s, %i) : (!lz.sequence<!lz.tensor<* x f32>>, !lz.tensor<i64>) -> !lz.tensor<* x f32> loc("e")
  lz.return %e : !lz.tensor<* x f32>
}

// -----

// `define` makes numbers of a tensor dimensions; of what is known, it makes no
// symbol.
// CHECK-NOT: lz.symbol "m"
// CHECK: lz.symbol "k" defined
// CHECK-NOT: lz.symbol "m"
lz.symbol "k" defined
lz.symbol "m" defined
// CHECK-LABEL: lz.func @define
// CHECK-SAME: -> (!lz.tensor<"k" x f32>, !lz.tensor<[2*n] x f32>)
lz.func @define(%s: !lz.tensor<1 x i64>, %x: !lz.tensor<"n" x f32>) -> (!lz.tensor<"k" x f32>, !lz.tensor<"m" x f32>) {
  // CHECK: lz.host "define"(%{{.*}}) defines ["k"]
  // CHECK-NOT: "define"
  lz.host "define"(%s) defines ["k"] : (!lz.tensor<1 x i64>) -> ()
  %0 = lz.full {shape = #lz.dims<"k">, value = 1.0} : () -> !lz.tensor<"k" x f32>
  %d = lz.shape_of %x : (!lz.tensor<"n" x f32>) -> !lz.tensor<1 x i64>
  %e = lz.add %d, %d : (!lz.tensor<1 x i64>, !lz.tensor<1 x i64>) -> !lz.tensor<* x i64>
  lz.host "define"(%e) defines ["m"] : (!lz.tensor<* x i64>) -> ()
  %1 = lz.full {shape = #lz.dims<"m">, value = 1.0} : () -> !lz.tensor<"m" x f32>
  lz.return %0, %1 : !lz.tensor<"k" x f32>, !lz.tensor<"m" x f32>
}

// -----

// A symbol for a dimension that turns out to be known gives way to it.
// CHECK-NOT: "y.n"
lz.symbol "y.n" defined
lz.func @superseded(%c: !lz.tensor<i1>, %a: !lz.tensor<4 x f32>) -> !lz.tensor<"y.n" x f32> {
  %y = lz.if %c defines ["y.n"] : (!lz.tensor<i1>) -> !lz.tensor<"y.n" x f32> {
    lz.yield %a : !lz.tensor<4 x f32>
  } else {
    %0 = lz.exp %a : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
    lz.yield %0 : !lz.tensor<4 x f32>
  }
  %o = lz.full {shape = #lz.dims<"y.n">, value = 1.0} : () -> !lz.tensor<"y.n" x f32>
  lz.return %o : !lz.tensor<"y.n" x f32>
}

// -----

// A dimension that an op defines and another one must agree: checked after it.
// CHECK-LABEL: lz.func @late
lz.func @late(%x: !lz.tensor<"n" x f32>, %y: !lz.tensor<"b" x f32>) -> !lz.tensor<* x f32> {
  // CHECK: lz.host "unique"
  %u:4 = lz.host "unique"(%x) {sorted = true} : (!lz.tensor<"n" x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x i64>, !lz.tensor<* x i64>, !lz.tensor<* x i64>) loc("u")
  // CHECK-NEXT: lz.guard "u.n" == "b", "'dot': {{.*}} must agree"
  // CHECK-NEXT: lz.matmul
  %d = lz.matmul %u#0, %y : (!lz.tensor<* x f32>, !lz.tensor<"b" x f32>) -> !lz.tensor<* x f32> loc("dot")
  lz.return %d : !lz.tensor<* x f32>
}
