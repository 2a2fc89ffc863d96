// RUN: lazuli-opt %s --split-input-file --lz-recurrent-steps | FileCheck %s

// Gates of 16 hidden units, a block, lie side by side; both biases are added to the product,
// which has a row for each step of each sequence.
// CHECK-LABEL: lz.func @lstm
// CHECK: %[[B:.*]] = lz.add %{{.*}}, %{{.*}} : {{.*}} -> !lz.tensor<128 x f32>
// CHECK: %[[R:.*]] = lz.reshape %arg0 {{.*}} -> !lz.tensor<{{.*}} x 3 x f32>
// CHECK: lz.reshape %[[B]] {shape = #lz.dims<4, 2, 16>}
// CHECK: %[[S:.*]] = lz.reshape %{{.*}} {shape = #lz.dims<4, 2, 16, 3>}
// CHECK: %[[T:.*]] = lz.transpose %[[S]] {perm = [1, 0, 2, 3]} : {{.*}} -> !lz.tensor<2 x 4 x 16 x 3 x f32>
// CHECK: %[[W:.*]] = lz.reshape %[[T]] {shape = #lz.dims<128, 3>}
// CHECK: %[[P:.*]] = lz.linear %[[R]], %[[W]], %{{.*}} -> !lz.tensor<{{.*}} x 128 x f32>
// CHECK: %[[X:.*]] = lz.reshape %[[P]] {{.*}} -> !lz.tensor<"t" x "n" x 2 x 64 x f32>
// CHECK: %[[H:.*]] = lz.transpose %{{.*}} {perm = [1, 3, 0, 2]} : (!lz.tensor<4 x 2 x 16 x 32 x f32>) -> !lz.tensor<2 x 32 x 4 x 16 x f32>
// CHECK: %[[V:.*]] = lz.reshape %[[H]] {shape = #lz.dims<2, 32, 64>}
// CHECK: %[[Y:[^,]*]], %{{.*}}, %[[C:[^ ]*]] = lz.recurrent_steps lstm %[[X]] weights %[[V]] h0 %{{.*}} c0 %{{.*}} {lz.why = "weights are read in blocks of 16 hidden units, once per step for several sequences", reverse = true}
// CHECK: lz.return %[[Y]], %[[C]]
lz.symbol "t" dynamic
lz.symbol "n" dynamic
lz.parameter "wi" : !lz.tensor<128 x 3 x f32>
lz.parameter "wh" : !lz.tensor<128 x 32 x f32>
lz.parameter "bi" : !lz.tensor<128 x f32>
lz.parameter "bh" : !lz.tensor<128 x f32>
lz.func @lstm(%x: !lz.tensor<"t" x "n" x 3 x f32>, %h: !lz.tensor<"n" x 32 x f32>, %c: !lz.tensor<"n" x 32 x f32>) -> (!lz.tensor<"t" x "n" x 32 x f32>, !lz.tensor<"n" x 32 x f32>) {
  %wi = lz.get_parameter "wi" : !lz.tensor<128 x 3 x f32>
  %wh = lz.get_parameter "wh" : !lz.tensor<128 x 32 x f32>
  %bi = lz.get_parameter "bi" : !lz.tensor<128 x f32>
  %bh = lz.get_parameter "bh" : !lz.tensor<128 x f32>
  %0:3 = lz.recurrent lstm %x weights %wi, %wh b_ih %bi b_hh %bh h0 %h c0 %c {reverse = true} : (!lz.tensor<"t" x "n" x 3 x f32>, !lz.tensor<128 x 3 x f32>, !lz.tensor<128 x 32 x f32>, !lz.tensor<128 x f32>, !lz.tensor<128 x f32>, !lz.tensor<"n" x 32 x f32>, !lz.tensor<"n" x 32 x f32>) -> (!lz.tensor<"t" x "n" x 32 x f32>, !lz.tensor<"n" x 32 x f32>, !lz.tensor<"n" x 32 x f32>)
  lz.return %0#0, %0#2 : !lz.tensor<"t" x "n" x 32 x f32>, !lz.tensor<"n" x 32 x f32>
}

// -----

// What comes from the state is reset with its bias, which so stays apart.
// CHECK-LABEL: lz.func @gru
// CHECK-NOT: lz.add
// CHECK: %[[B:.*]] = lz.reshape %{{.*}} {shape = #lz.dims<2, 48>}
// CHECK: lz.recurrent_steps gru %{{.*}} weights %{{.*}} b_hh %[[B]] {batch_first = true
lz.parameter "wi" : !lz.tensor<96 x 3 x f32>
lz.parameter "wh" : !lz.tensor<96 x 32 x f32>
lz.parameter "b" : !lz.tensor<96 x f32>
lz.func @gru(%x: !lz.tensor<2 x 5 x 3 x f32>) -> !lz.tensor<2 x 5 x 32 x f32> {
  %wi = lz.get_parameter "wi" : !lz.tensor<96 x 3 x f32>
  %wh = lz.get_parameter "wh" : !lz.tensor<96 x 32 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<96 x f32>
  %0:2 = lz.recurrent gru %x weights %wi, %wh b_ih %b b_hh %b {batch_first = true} : (!lz.tensor<2 x 5 x 3 x f32>, !lz.tensor<96 x 3 x f32>, !lz.tensor<96 x 32 x f32>, !lz.tensor<96 x f32>, !lz.tensor<96 x f32>) -> (!lz.tensor<2 x 5 x 32 x f32>, !lz.tensor<2 x 32 x f32>)
  lz.return %0#0 : !lz.tensor<2 x 5 x 32 x f32>
}

// -----

// Blocks divide the hidden units: of 100 those of 20 fill vectors, of a prime number all.
// CHECK-LABEL: lz.func @widths
// CHECK: lz.recurrent_steps {{.*}}blocks of 20 hidden units
// CHECK: lz.recurrent_steps {{.*}}blocks of 37 hidden units
lz.parameter "wi" : !lz.tensor<400 x 3 x f32>
lz.parameter "wh" : !lz.tensor<400 x 100 x f32>
lz.parameter "vi" : !lz.tensor<37 x 3 x f32>
lz.parameter "vh" : !lz.tensor<37 x 37 x f32>
lz.func @widths(%x: !lz.tensor<5 x 2 x 3 x f32>) -> (!lz.tensor<5 x 2 x 100 x f32>, !lz.tensor<5 x 2 x 37 x f32>) {
  %wi = lz.get_parameter "wi" : !lz.tensor<400 x 3 x f32>
  %wh = lz.get_parameter "wh" : !lz.tensor<400 x 100 x f32>
  %vi = lz.get_parameter "vi" : !lz.tensor<37 x 3 x f32>
  %vh = lz.get_parameter "vh" : !lz.tensor<37 x 37 x f32>
  %0:3 = lz.recurrent lstm %x weights %wi, %wh : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<400 x 3 x f32>, !lz.tensor<400 x 100 x f32>) -> (!lz.tensor<5 x 2 x 100 x f32>, !lz.tensor<2 x 100 x f32>, !lz.tensor<2 x 100 x f32>)
  %1:2 = lz.recurrent rnn_tanh %x weights %vi, %vh : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<37 x 3 x f32>, !lz.tensor<37 x 37 x f32>) -> (!lz.tensor<5 x 2 x 37 x f32>, !lz.tensor<2 x 37 x f32>)
  lz.return %0#0, %1#0 : !lz.tensor<5 x 2 x 100 x f32>, !lz.tensor<5 x 2 x 37 x f32>
}

// -----

// Weights that a run computes, and other dtypes, stay.
// CHECK-LABEL: lz.func @others
// CHECK-NOT: lz.recurrent_steps
lz.parameter "wi" : !lz.tensor<4 x 3 x f64>
lz.parameter "wh" : !lz.tensor<4 x 4 x f64>
lz.func @others(%x: !lz.tensor<5 x 2 x 3 x f32>, %y: !lz.tensor<5 x 2 x 3 x f64>, %a: !lz.tensor<4 x 3 x f32>, %b: !lz.tensor<4 x 4 x f32>) {
  %wi = lz.get_parameter "wi" : !lz.tensor<4 x 3 x f64>
  %wh = lz.get_parameter "wh" : !lz.tensor<4 x 4 x f64>
  %0:2 = lz.recurrent rnn_tanh %x weights %a, %b : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %1:2 = lz.recurrent rnn_tanh %y weights %wi, %wh : (!lz.tensor<5 x 2 x 3 x f64>, !lz.tensor<4 x 3 x f64>, !lz.tensor<4 x 4 x f64>) -> (!lz.tensor<5 x 2 x 4 x f64>, !lz.tensor<2 x 4 x f64>)
  lz.return
}
