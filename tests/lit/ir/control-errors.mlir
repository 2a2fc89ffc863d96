// What the verifiers of host operations, branches and loops refuse: one bad
// input per message.
// RUN: lazuli-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{sequence of 'f32', expected lz tensors}}
lz.func private @f(!lz.sequence<f32>)

// -----

// expected-error @+1 {{optional 'i64', expected an lz tensor or a sequence}}
lz.func private @f(!lz.optional<i64>)

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error-re @+1 {{names the unknown operation 'sort', expected one of {{.*}}nonzero, }}
  lz.host "sort"(%x) : (!lz.tensor<4 x f32>) -> ()
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{'nonzero' has 2 operands, expected 1}}
  %0 = lz.host "nonzero"(%x, %x) : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x i64>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{'top_k' has 1 results, expected 2}}
  %0 = lz.host "top_k"(%x) : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{'top_k' gives '!lz.sequence<!lz.tensor<4 x f32>>', expected a tensor}}
  %a, %b = lz.host "top_k"(%x) {k = 2} : (!lz.tensor<4 x f32>) -> (!lz.sequence<!lz.tensor<4 x f32>>, !lz.tensor<* x i64>)
  lz.return
}

// -----

lz.func @f(%s: !lz.sequence<!lz.tensor<4 x f32>>) {
  // expected-error @+1 {{'sequence_erase' gives '!lz.tensor<4 x f32>', expected a sequence}}
  %0 = lz.host "sequence_erase"(%s) : (!lz.sequence<!lz.tensor<4 x f32>>) -> !lz.tensor<4 x f32>
  lz.return
}

// -----

lz.func @f() {
  // expected-error @+1 {{'optional' gives '!lz.tensor<4 x f32>', expected an optional}}
  %0 = lz.host "optional"() : () -> !lz.tensor<4 x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{defines 'n' twice}}
  %0 = lz.host "nonzero"(%x) defines ["n", "n"] : (!lz.tensor<4 x f32>) -> !lz.tensor<* x i64>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{has the attribute 'k' = #lz.dim<"n">, expected numbers, strings or lists of these}}
  %0 = lz.host "nonzero"(%x) {k = #lz.dim<"n">} : (!lz.tensor<4 x f32>) -> !lz.tensor<* x i64>
  lz.return
}

// -----

lz.func @f(%c: !lz.tensor<i1>, %x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{yields 0 values in its else region, expected 1 as it has results}}
  %0 = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<4 x f32> {
    lz.yield %x : !lz.tensor<4 x f32>
  } else {
    lz.yield
  }
  lz.return
}

// -----

lz.func @f(%c: !lz.tensor<i1>, %x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{yields '!lz.tensor<i1>' in its else region as result 0, expected '!lz.tensor<* x f32>'}}
  %0 = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<4 x f32> {
    lz.yield %x : !lz.tensor<4 x f32>
  } else {
    lz.yield %c : !lz.tensor<i1>
  }
  lz.return
}

// -----

lz.func @f(%c: !lz.tensor<i1>) {
  // expected-error @+1 {{has arguments in its then region, expected none}}
  lz.if %c : (!lz.tensor<i1>) -> () {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield
  } else {
    lz.yield
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{has 2 region arguments, expected 1: the iteration and the carried values}}
  lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> () {
  ^bb0(%i: !lz.tensor<i64>, %j: !lz.tensor<i64>):
    lz.yield %c : !lz.tensor<i1>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{yields 2 values, expected 1: the condition and one per result}}
  lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> () {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield %c, %c : !lz.tensor<i1>, !lz.tensor<i1>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{has 0 results, expected at least 1 as it has carried values}}
  lz.loop trip(%n) iter(%n) : (!lz.tensor<i64>, !lz.tensor<i64>) -> () {
  ^bb0(%i: !lz.tensor<i64>, %j: !lz.tensor<i64>):
    lz.yield %c, %j : !lz.tensor<i1>, !lz.tensor<i64>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>) {
  // expected-error @+1 {{yields the condition '!lz.tensor<i64>', expected an lz tensor of i1}}
  lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> () {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield %i : !lz.tensor<i64>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{has the iteration '!lz.tensor<f32>', expected an i64}}
  lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> () {
  ^bb0(%i: !lz.tensor<f32>):
    lz.yield %c : !lz.tensor<i1>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{has result 0 of '!lz.tensor<* x i64>', expected the same of what begins, is carried and is yielded}}
  %0 = lz.loop trip(%n) iter(%n) : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<i64> {
  ^bb0(%i: !lz.tensor<i64>, %j: !lz.tensor<i1>):
    lz.yield %c, %i : !lz.tensor<i1>, !lz.tensor<i64>
  }
  lz.return
}

// -----

lz.func @f(%n: !lz.tensor<i64>, %c: !lz.tensor<i1>, %s: !lz.sequence<!lz.tensor<f32>>) {
  // expected-error @+1 {{has the scan output '!lz.sequence<!lz.tensor<* x f32>>', expected an lz tensor}}
  %0 = lz.loop trip(%n) iter() : (!lz.tensor<i64>) -> !lz.sequence<!lz.tensor<f32>> {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield %c, %s : !lz.tensor<i1>, !lz.sequence<!lz.tensor<f32>>
  }
  lz.return
}

// -----

lz.func @f(%x: !lz.sequence<!lz.tensor<f32>>) -> !lz.tensor<f32> {
  // expected-error @+1 {{returns '!lz.sequence<!lz.tensor<* x f32>>' as result 0, expected 'f32'}}
  lz.return %x : !lz.sequence<!lz.tensor<f32>>
}
