// What shape inference refuses in host operations, branches and loops: one bad
// input per message.
// RUN: lazuli-opt %s --split-input-file --verify-diagnostics --lz-infer-shapes

// Kernels know numbers only.
lz.func @f(%x: !lz.tensor<4 x !lz.string>) -> !lz.tensor<* x !lz.string> {
  // expected-error @+1 {{lz.transpose: found strings, expected numbers: only host operations, views and control flow take strings}}
  %y = lz.transpose %x {perm = [0]} : (!lz.tensor<4 x !lz.string>) -> !lz.tensor<* x !lz.string>
  lz.return %y : !lz.tensor<* x !lz.string>
}

// -----

lz.func @f(%c: !lz.tensor<2 x i1>) {
  // expected-error @+1 {{the condition is i1[2], expected one element of 'i1'}}
  lz.if %c : (!lz.tensor<2 x i1>) -> () {
    lz.yield
  } else {
    lz.yield
  }
  lz.return
}

// -----

lz.func @f(%c: !lz.tensor<i1>, %a: !lz.tensor<2 x f32>, %b: !lz.tensor<f32>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{result 0 has shape [2] in one branch and [] in the other, expected one rank}}
  %y = lz.if %c : (!lz.tensor<i1>) -> !lz.tensor<* x f32> {
    lz.yield %a : !lz.tensor<2 x f32>
  } else {
    lz.yield %b : !lz.tensor<f32>
  }
  lz.return %y : !lz.tensor<* x f32>
}

// -----

lz.func @f(%t: !lz.tensor<f32>, %c: !lz.tensor<i1>) {
  // expected-error @+1 {{the trip count is f32[], expected one element of 'i64'}}
  lz.loop trip(%t) iter() : (!lz.tensor<f32>) -> () {
  ^bb0(%i: !lz.tensor<i64>):
    lz.yield %c : !lz.tensor<i1>
  }
  lz.return
}

// -----

lz.func @f(%t: !lz.tensor<i64>, %c: !lz.tensor<i1>, %x: !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{carried value 0 has shape [2] before an iteration and [1, 2] after it, expected one rank}}
  %y = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<* x f32>):
    %0 = lz.unsqueeze %a {axes = [0]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
    lz.yield %c, %0 : !lz.tensor<i1>, !lz.tensor<* x f32>
  }
  lz.return %y : !lz.tensor<* x f32>
}

// -----

// An error in a region is one, if it is not due to a shape that changes.
lz.func @f(%t: !lz.tensor<i64>, %c: !lz.tensor<i1>, %x: !lz.tensor<2 x f32>, %y: !lz.tensor<3 x f32>) -> !lz.tensor<* x f32> {
  %r = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<* x f32>):
    // expected-error @+1 {{shapes [2] and [3] do not broadcast}}
    %0 = lz.add %a, %y : (!lz.tensor<* x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
    lz.yield %c, %0 : !lz.tensor<i1>, !lz.tensor<* x f32>
  }
  lz.return %r : !lz.tensor<* x f32>
}

// -----

lz.func @f(%x: !lz.tensor<4 x f32>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{k = 5 is greater than axis 0 of [4]}}
  %v:2 = lz.host "top_k"(%x) {axis = 0, k = 5} : (!lz.tensor<4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x i64>)
  lz.return %v#0 : !lz.tensor<* x f32>
}

// -----

lz.func @f(%x: !lz.tensor<3 x i64>) {
  // expected-error @+1 {{'define' got i64[3], expected 2 elements of i64}}
  lz.host "define"(%x) defines ["a", "b"] : (!lz.tensor<3 x i64>) -> ()
  lz.return
}

// -----

lz.func @f(%s: !lz.sequence<!lz.tensor<f32>>) -> !lz.tensor<* x i64> {
  // expected-error @+1 {{'nonzero' got '!lz.sequence<!lz.tensor<f32>>' as operand 0, expected a tensor}}
  %y = lz.host "nonzero"(%s) : (!lz.sequence<!lz.tensor<f32>>) -> !lz.tensor<* x i64>
  lz.return %y : !lz.tensor<* x i64>
}

// -----

lz.func @f(%x: !lz.tensor<f32>) -> !lz.tensor<* x i64> {
  // expected-error @+1 {{'sequence_length' got '!lz.tensor<f32>', expected a sequence}}
  %y = lz.host "sequence_length"(%x) : (!lz.tensor<f32>) -> !lz.tensor<* x i64>
  lz.return %y : !lz.tensor<* x i64>
}

// -----

lz.func @f(%s: !lz.sequence<!lz.tensor<f32>>, %x: !lz.tensor<i64>) -> !lz.sequence<!lz.tensor<f32>> {
  // expected-error @+1 {{'sequence_insert' puts '!lz.tensor<i64>' into '!lz.sequence<!lz.tensor<f32>>', expected the same element type}}
  %y = lz.host "sequence_insert"(%s, %x) : (!lz.sequence<!lz.tensor<f32>>, !lz.tensor<i64>) -> !lz.sequence<!lz.tensor<f32>>
  lz.return %y : !lz.sequence<!lz.tensor<f32>>
}

// -----

lz.func @f() -> !lz.tensor<* x !lz.string> {
  // expected-error @+1 {{'string_constant' of '!lz.tensor<2 x !lz.string>' has 1 values, expected as many as elements}}
  %s = lz.host "string_constant"() {values = ["a"]} : () -> !lz.tensor<2 x !lz.string>
  lz.return %s : !lz.tensor<2 x !lz.string>
}

// -----

lz.func @f(%x: !lz.tensor<2 x f32>) -> !lz.tensor<* x i1> {
  // expected-error @+1 {{'regex_full_match' got '!lz.tensor<2 x f32>' as operand 0, expected strings}}
  %s = lz.host "regex_full_match"(%x) {pattern = "a"} : (!lz.tensor<2 x f32>) -> !lz.tensor<* x i1>
  lz.return %s : !lz.tensor<* x i1>
}

// -----

lz.func @f(%x: !lz.tensor<1 x 2 x 3 x !lz.string>) -> !lz.tensor<* x !lz.string> {
  // expected-error @+1 {{the input has shape [1, 2, 3], expected rank 1 or 2}}
  %s = lz.host "string_normalizer"(%x) : (!lz.tensor<1 x 2 x 3 x !lz.string>) -> !lz.tensor<* x !lz.string>
  lz.return %s : !lz.tensor<* x !lz.string>
}

// -----

lz.func @f(%x: !lz.tensor<2 x !lz.string>, %i: !lz.tensor<2 x i32>) -> !lz.tensor<* x !lz.string> {
  // expected-error @+1 {{the indices have element type 'i32', expected i64}}
  %s = lz.host "select_elements"(%x, %i) : (!lz.tensor<2 x !lz.string>, !lz.tensor<2 x i32>) -> !lz.tensor<* x !lz.string>
  lz.return %s : !lz.tensor<* x !lz.string>
}

// -----

lz.func @f(%x: !lz.sequence<!lz.tensor<f32>>) -> !lz.tensor<* x i64> {
  // expected-error @+1 {{'string_to_number' makes '!lz.tensor<* x i64>' of '!lz.sequence<!lz.tensor<f32>>', expected tensors}}
  %s = lz.host "string_to_number"(%x) : (!lz.sequence<!lz.tensor<f32>>) -> !lz.tensor<* x i64>
  lz.return %s : !lz.tensor<* x i64>
}

// -----

// What is in a sequence from outside is not known.
lz.func @f(%s: !lz.sequence<!lz.tensor<* x f32>>, %i: !lz.tensor<i64>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{the shape of 'sequence_at' depends on data}}
  %e = lz.host "sequence_at"(%s, %i) : (!lz.sequence<!lz.tensor<* x f32>>, !lz.tensor<i64>) -> !lz.tensor<* x f32>
  lz.return %e : !lz.tensor<* x f32>
}
