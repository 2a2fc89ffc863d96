// RUN: lazuli-opt %s --split-input-file --lz-canonicalize | FileCheck %s

// A batch norm after a convolution moves into its weights and bias.
// CHECK-LABEL: lz.func @conv_norm
// CHECK-NOT: lz.batch_norm
// CHECK: %[[RAW:.*]] = lz.get_parameter "w"
// CHECK: lz.rsqrt
// CHECK: %[[C:.*]] = lz.neg {{.*}} -> !lz.tensor<4 x f32>
// CHECK: %[[B:.*]] = lz.mul %[[C]], {{.*}} -> !lz.tensor<4 x f32>
// CHECK: %[[W:.*]] = lz.mul %[[RAW]], %{{.*}} : (!lz.tensor<4 x 3 x 3 x 3 x f32>, !lz.tensor<4 x 1 x 1 x 1 x f32>)
// CHECK: %[[Y:.*]] = lz.conv %{{.*}}, %[[W]], %[[B]]
// CHECK: lz.return %[[Y]]
lz.symbol "n" dynamic {min = 1}
lz.parameter "w" : !lz.tensor<4 x 3 x 3 x 3 x f32> {init = #lz.fill<1.0>}
lz.state "mean" : !lz.tensor<4 x f32> {init = #lz.fill<0.0>, value = dense<0.0> : tensor<4xf32>}
lz.state "var" : !lz.tensor<4 x f32> {init = #lz.fill<1.0>, value = dense<1.0> : tensor<4xf32>}
lz.func @conv_norm(%x: !lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 4 x 6 x 6 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 3 x 3 x 3 x f32>
  %m = lz.read "mean" : !lz.tensor<4 x f32>
  %v = lz.read "var" : !lz.tensor<4 x f32>
  %c = lz.conv %x, %w {strides = [1, 1], dilations = [1, 1], pads_begin = [0, 0], pads_end = [0, 0]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 6 x 6 x f32>
  %y = lz.batch_norm %c, %m, %v : (!lz.tensor<"n" x 4 x 6 x 6 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x 6 x 6 x f32>
  lz.return %y : !lz.tensor<"n" x 4 x 6 x 6 x f32>
}

// -----

// Groups of a transposed convolution scale their own outputs.
// CHECK-LABEL: lz.func @transposed
// CHECK: lz.expand %{{.*}} : (!lz.tensor<2 x 1 x 3 x f32>) -> !lz.tensor<2 x 2 x 3 x f32>
// CHECK: lz.mul %{{.*}} : (!lz.tensor<4 x 3 x 2 x f32>, !lz.tensor<4 x 3 x 1 x f32>)
// CHECK: lz.conv_transpose %{{.*}}, %{{.*}}, %{{.*}} {
// CHECK-NOT: lz.batch_norm
lz.parameter "w" : !lz.tensor<4 x 3 x 2 x f32>
lz.parameter "mean" : !lz.tensor<6 x f32>
lz.parameter "var" : !lz.tensor<6 x f32>
lz.func @transposed(%x: !lz.tensor<1 x 4 x 5 x f32>) -> !lz.tensor<1 x 6 x 6 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 3 x 2 x f32>
  %m = lz.get_parameter "mean" : !lz.tensor<6 x f32>
  %v = lz.get_parameter "var" : !lz.tensor<6 x f32>
  %c = lz.conv_transpose %x, %w {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], output_padding = [0], groups = 2} : (!lz.tensor<1 x 4 x 5 x f32>, !lz.tensor<4 x 3 x 2 x f32>) -> !lz.tensor<1 x 6 x 6 x f32>
  %y = lz.batch_norm %c, %m, %v : (!lz.tensor<1 x 6 x 6 x f32>, !lz.tensor<6 x f32>, !lz.tensor<6 x f32>) -> !lz.tensor<1 x 6 x 6 x f32>
  lz.return %y : !lz.tensor<1 x 6 x 6 x f32>
}

// -----

// A batch norm before a linear layer moves into it.
// CHECK-LABEL: lz.func @norm_linear
// CHECK: lz.reduce sum
// CHECK: %[[Y:.*]] = lz.linear %arg0, %{{.*}}, %{{.*}} :
// CHECK: lz.return %[[Y]]
lz.parameter "w" : !lz.tensor<2 x 6 x f32>
lz.parameter "b" : !lz.tensor<2 x f32>
lz.parameter "mean" : !lz.tensor<6 x f32>
lz.parameter "var" : !lz.tensor<6 x f32>
lz.func @norm_linear(%x: !lz.tensor<4 x 6 x f32>) -> !lz.tensor<4 x 2 x f32> {
  %w = lz.get_parameter "w" : !lz.tensor<2 x 6 x f32>
  %b = lz.get_parameter "b" : !lz.tensor<2 x f32>
  %m = lz.get_parameter "mean" : !lz.tensor<6 x f32>
  %v = lz.get_parameter "var" : !lz.tensor<6 x f32>
  %n = lz.batch_norm %x, %m, %v : (!lz.tensor<4 x 6 x f32>, !lz.tensor<6 x f32>, !lz.tensor<6 x f32>) -> !lz.tensor<4 x 6 x f32>
  %y = lz.linear %n, %w, %b : (!lz.tensor<4 x 6 x f32>, !lz.tensor<2 x 6 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<4 x 2 x f32>
  lz.return %y : !lz.tensor<4 x 2 x f32>
}

// -----

// With nothing to fold into, it is a multiplication and an addition.
// CHECK-LABEL: lz.func @norm_alone
// CHECK: %[[S:.*]] = lz.mul %arg0, %{{.*}} : (!lz.tensor<4 x 6 x 5 x f32>, !lz.tensor<6 x 1 x f32>)
// CHECK: lz.add %[[S]], %{{.*}} : (!lz.tensor<4 x 6 x 5 x f32>, !lz.tensor<6 x 1 x f32>)
lz.parameter "mean" : !lz.tensor<6 x f32>
lz.parameter "var" : !lz.tensor<6 x f32>
lz.func @norm_alone(%x: !lz.tensor<4 x 6 x 5 x f32>) -> !lz.tensor<4 x 6 x 5 x f32> {
  %m = lz.get_parameter "mean" : !lz.tensor<6 x f32>
  %v = lz.get_parameter "var" : !lz.tensor<6 x f32>
  %n = lz.batch_norm %x, %m, %v : (!lz.tensor<4 x 6 x 5 x f32>, !lz.tensor<6 x f32>, !lz.tensor<6 x f32>) -> !lz.tensor<4 x 6 x 5 x f32>
  lz.return %n : !lz.tensor<4 x 6 x 5 x f32>
}

// -----

// A state that is written stays one, and its batch norm stays whole.
// CHECK-LABEL: lz.func @training
// CHECK: lz.read "mean"
// CHECK: lz.batch_norm
lz.state "mean" : !lz.tensor<6 x f32> {value = dense<0.0> : tensor<6xf32>}
lz.parameter "var" : !lz.tensor<6 x f32>
lz.func @training(%x: !lz.tensor<4 x 6 x f32>, %new: !lz.tensor<6 x f32>) -> !lz.tensor<4 x 6 x f32> {
  %m = lz.read "mean" : !lz.tensor<6 x f32>
  %v = lz.get_parameter "var" : !lz.tensor<6 x f32>
  lz.write "mean", %new : !lz.tensor<6 x f32>
  %n = lz.batch_norm %x, %m, %v : (!lz.tensor<4 x 6 x f32>, !lz.tensor<6 x f32>, !lz.tensor<6 x f32>) -> !lz.tensor<4 x 6 x f32>
  lz.return %n : !lz.tensor<4 x 6 x f32>
}

// -----

// Views become one reshape; axes from the end and shapes from elsewhere plain.
// CHECK-LABEL: lz.func @views
// CHECK-SAME: %[[X:.*]]: !lz.tensor<"n" x 2 x 3 x f32>
// CHECK-DAG: %[[R:.*]] = lz.reshape %[[X]] {shape = #lz.dims<[6*n]>}
// CHECK-DAG: %[[T:.*]] = lz.transpose %[[X]] {perm = [0, 2, 1]}
// CHECK: lz.return %[[R]], %[[T]], %[[X]]
lz.symbol "n" dynamic {min = 1}
lz.func @views(%x: !lz.tensor<"n" x 2 x 3 x f32>) -> (!lz.tensor<[6*n] x f32>, !lz.tensor<"n" x 3 x 2 x f32>, !lz.tensor<"n" x 2 x 3 x f32>) {
  %a = lz.flatten %x {start_axis = 1, end_axis = -1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>
  %b = lz.flatten %a {start_axis = 0, end_axis = -1} : (!lz.tensor<"n" x 6 x f32>) -> !lz.tensor<[6*n] x f32>
  %c = lz.swap_axes %x {axis0 = -1, axis1 = -2} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 3 x 2 x f32>
  %d = lz.unsqueeze %x {axes = [0]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<1 x "n" x 2 x 3 x f32>
  %e = lz.squeeze %d {axes = [0]} : (!lz.tensor<1 x "n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  lz.return %b, %c, %e : !lz.tensor<[6*n] x f32>, !lz.tensor<"n" x 3 x 2 x f32>, !lz.tensor<"n" x 2 x 3 x f32>
}

// -----

// Broadcasting needs no expansion; two transposes are one; static shapes are constants.
// CHECK-LABEL: lz.func @plain
// CHECK-SAME: %[[X:.*]]: !lz.tensor<2 x 3 x f32>, %[[Y:.*]]: !lz.tensor<3 x f32>
// CHECK-DAG: lz.constant dense<[2, 3]> : tensor<2xi64>
// CHECK-DAG: lz.add %[[X]], %[[Y]]
// CHECK-NOT: lz.transpose
// CHECK: lz.return
lz.func @plain(%x: !lz.tensor<2 x 3 x f32>, %y: !lz.tensor<3 x f32>) -> (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x f32>, !lz.tensor<2 x i64>) {
  %e = lz.expand %y {shape = #lz.dims<2, -1>} : (!lz.tensor<3 x f32>) -> !lz.tensor<2 x 3 x f32>
  %s = lz.add %x, %e : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x 3 x f32>
  %t = lz.transpose %x {perm = [1, 0]} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<3 x 2 x f32>
  %u = lz.transpose %t {perm = [1, 0]} : (!lz.tensor<3 x 2 x f32>) -> !lz.tensor<2 x 3 x f32>
  %d = lz.shape_of %x : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<2 x i64>
  lz.return %s, %u, %d : !lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x f32>, !lz.tensor<2 x i64>
}

// -----

// What hangs on parameters alone is computed before a loop; what the
// iteration changes stays.
// CHECK-LABEL: lz.func @hoist
// CHECK: %[[W:.*]] = lz.get_parameter "w"
// CHECK: %[[T:.*]] = lz.transpose %[[W]]
// CHECK: %[[E:.*]] = lz.exp %[[T]]
// CHECK: lz.loop
// CHECK-NEXT: ^bb0
// CHECK-NEXT: lz.matmul %{{.*}}, %[[E]]
// CHECK-NEXT: lz.yield
lz.parameter "w" : !lz.tensor<4 x 4 x f32>
lz.func @hoist(%t: !lz.tensor<i64>, %c: !lz.tensor<i1>, %x: !lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> {
  %y = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<4 x 4 x f32>):
    %w = lz.get_parameter "w" : !lz.tensor<4 x 4 x f32>
    %0 = lz.transpose %w {perm = [1, 0]} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32>
    %1 = lz.exp %0 : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32>
    %2 = lz.matmul %a, %1 : (!lz.tensor<4 x 4 x f32>, !lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32>
    lz.yield %c, %2 : !lz.tensor<i1>, !lz.tensor<4 x 4 x f32>
  }
  lz.return %y : !lz.tensor<4 x 4 x f32>
}

// -----

// What is cut as an iteration says stays in it.
// CHECK-LABEL: lz.func @cut
// CHECK: lz.loop
// CHECK: lz.host "define"
// CHECK: lz.slice
// CHECK: lz.yield
lz.symbol "m" defined
lz.symbol "k" defined
lz.parameter "w" : !lz.tensor<4 x f32>
lz.func @cut(%t: !lz.tensor<i64>, %c: !lz.tensor<i1>, %x: !lz.tensor<f32>) -> !lz.tensor<f32> {
  %y = lz.loop trip(%t) iter(%x) : (!lz.tensor<i64>, !lz.tensor<f32>) -> !lz.tensor<f32> {
  ^bb0(%i: !lz.tensor<i64>, %a: !lz.tensor<f32>):
    %n = lz.reshape %i {shape = #lz.dims<1>} : (!lz.tensor<i64>) -> !lz.tensor<1 x i64>
    lz.host "define"(%n) defines ["k"] : (!lz.tensor<1 x i64>) -> ()
    %w = lz.get_parameter "w" : !lz.tensor<4 x f32>
    %0 = lz.slice %w {axis = 0, begin = #lz.dim<0>, end = #lz.dim<"k">} : (!lz.tensor<4 x f32>) -> !lz.tensor<[min(4, k)] x f32>
    %1 = lz.reduce sum %0 {axes = [0]} : (!lz.tensor<[min(4, k)] x f32>) -> !lz.tensor<f32>
    %2 = lz.add %a, %1 : (!lz.tensor<f32>, !lz.tensor<f32>) -> !lz.tensor<f32>
    lz.yield %c, %2 : !lz.tensor<i1>, !lz.tensor<f32>
  }
  lz.return %y : !lz.tensor<f32>
}

// -----

// The two biases of an LSTM are one; a GRU's last gate takes them apart.
// CHECK-LABEL: lz.func @biases
// CHECK: %[[SUM:.*]] = lz.add %{{.*}}, %{{.*}} : (!lz.tensor<8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<8 x f32>
// CHECK: lz.recurrent lstm %{{.*}} weights %{{.*}}, %{{.*}} b_ih %[[SUM]] : (
// CHECK: lz.recurrent gru %{{.*}} weights %{{.*}}, %{{.*}} b_ih %{{.*}} b_hh %{{.*}} : (
lz.func @biases(%x: !lz.tensor<5 x 1 x 3 x f32>, %wi: !lz.tensor<8 x 3 x f32>, %wh: !lz.tensor<8 x 2 x f32>, %b: !lz.tensor<8 x f32>, %c: !lz.tensor<8 x f32>, %vi: !lz.tensor<6 x 3 x f32>, %vh: !lz.tensor<6 x 2 x f32>, %d: !lz.tensor<6 x f32>, %e: !lz.tensor<6 x f32>) -> (!lz.tensor<5 x 1 x 2 x f32>, !lz.tensor<5 x 1 x 2 x f32>) {
  %y, %h, %n = lz.recurrent lstm %x weights %wi, %wh b_ih %b b_hh %c : (!lz.tensor<5 x 1 x 3 x f32>, !lz.tensor<8 x 3 x f32>, !lz.tensor<8 x 2 x f32>, !lz.tensor<8 x f32>, !lz.tensor<8 x f32>) -> (!lz.tensor<5 x 1 x 2 x f32>, !lz.tensor<1 x 2 x f32>, !lz.tensor<1 x 2 x f32>)
  %z, %k = lz.recurrent gru %x weights %vi, %vh b_ih %d b_hh %e : (!lz.tensor<5 x 1 x 3 x f32>, !lz.tensor<6 x 3 x f32>, !lz.tensor<6 x 2 x f32>, !lz.tensor<6 x f32>, !lz.tensor<6 x f32>) -> (!lz.tensor<5 x 1 x 2 x f32>, !lz.tensor<1 x 2 x f32>)
  lz.return %y, %z : !lz.tensor<5 x 1 x 2 x f32>, !lz.tensor<5 x 1 x 2 x f32>
}

// -----

// Layers between transposes take sequences in the order that they come in.
// CHECK-LABEL: lz.func @sequence_order
// CHECK-NOT: lz.transpose
// CHECK: %[[Y:[^,]*]], %{{.*}} = lz.recurrent gru %arg0 {{.*}} {batch_first = true} : (!lz.tensor<4 x 5 x 3 x f32>, {{.*}} -> (!lz.tensor<4 x 5 x 2 x f32>, !lz.tensor<4 x 2 x f32>)
// CHECK: lz.recurrent gru %[[Y]] {{.*}} {batch_first = true, reverse = true}
// CHECK-NOT: lz.transpose
// CHECK: lz.return
lz.func @sequence_order(%x: !lz.tensor<4 x 5 x 3 x f32>, %wi: !lz.tensor<6 x 3 x f32>, %wh: !lz.tensor<6 x 2 x f32>, %vi: !lz.tensor<6 x 2 x f32>) -> (!lz.tensor<4 x 5 x 2 x f32>, !lz.tensor<4 x 2 x f32>) {
  %0 = lz.transpose %x {perm = [1, 0, 2]} : (!lz.tensor<4 x 5 x 3 x f32>) -> !lz.tensor<5 x 4 x 3 x f32>
  %1:2 = lz.recurrent gru %0 weights %wi, %wh : (!lz.tensor<5 x 4 x 3 x f32>, !lz.tensor<6 x 3 x f32>, !lz.tensor<6 x 2 x f32>) -> (!lz.tensor<5 x 4 x 2 x f32>, !lz.tensor<4 x 2 x f32>)
  %2:2 = lz.recurrent gru %1#0 weights %vi, %wh {reverse = true} : (!lz.tensor<5 x 4 x 2 x f32>, !lz.tensor<6 x 2 x f32>, !lz.tensor<6 x 2 x f32>) -> (!lz.tensor<5 x 4 x 2 x f32>, !lz.tensor<4 x 2 x f32>)
  %3 = lz.transpose %2#0 {perm = [1, 0, 2]} : (!lz.tensor<5 x 4 x 2 x f32>) -> !lz.tensor<4 x 5 x 2 x f32>
  lz.return %3, %2#1 : !lz.tensor<4 x 5 x 2 x f32>, !lz.tensor<4 x 2 x f32>
}

// -----

// A transpose that nothing undoes stays where it is.
// CHECK-LABEL: lz.func @sequence_order_kept
// CHECK: %[[T:.*]] = lz.transpose %arg0
// CHECK: lz.recurrent gru %[[T]]
lz.func @sequence_order_kept(%x: !lz.tensor<4 x 5 x 3 x f32>, %wi: !lz.tensor<6 x 3 x f32>, %wh: !lz.tensor<6 x 2 x f32>) -> !lz.tensor<5 x 4 x 2 x f32> {
  %0 = lz.transpose %x {perm = [1, 0, 2]} : (!lz.tensor<4 x 5 x 3 x f32>) -> !lz.tensor<5 x 4 x 3 x f32>
  %1:2 = lz.recurrent gru %0 weights %wi, %wh : (!lz.tensor<5 x 4 x 3 x f32>, !lz.tensor<6 x 3 x f32>, !lz.tensor<6 x 2 x f32>) -> (!lz.tensor<5 x 4 x 2 x f32>, !lz.tensor<4 x 2 x f32>)
  lz.return %1#0 : !lz.tensor<5 x 4 x 2 x f32>
}

// -----

// Powers of small exponents are products; a root where the base cannot be negative.
// CHECK-LABEL: lz.func @powers
// CHECK: %[[S:.*]] = lz.mul %arg0, %arg0
// CHECK: %[[C:.*]] = lz.mul %[[S]], %arg0
// CHECK: %[[R:.*]] = lz.sqrt %{{.*}}
// CHECK: %[[I:.*]] = lz.reciprocal %arg0
// CHECK-NOT: lz.pow
// CHECK: lz.return %[[C]], %[[R]], %[[I]]
lz.func @powers(%x: !lz.tensor<4 x f32>) -> (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) {
  %two = lz.constant dense<2.0> : tensor<f32>
  %three = lz.constant dense<3.0> : tensor<1xf32>
  %half = lz.constant dense<0.5> : tensor<f32>
  %minus = lz.constant dense<-1.0> : tensor<f32>
  %0 = lz.pow %x, %three : (!lz.tensor<4 x f32>, !lz.tensor<1 x f32>) -> !lz.tensor<4 x f32>
  %1 = lz.pow %x, %two : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %2 = lz.pow %1, %half : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %3 = lz.pow %x, %minus : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  lz.return %0, %2, %3 : !lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>
}

// -----

// Of -0 and minus infinity pow and sqrt disagree; other exponents stay, as does a
// base that is broadcast.
// CHECK-LABEL: lz.func @true_powers
// CHECK-COUNT-3: lz.pow
lz.func @true_powers(%x: !lz.tensor<4 x f32>, %e: !lz.tensor<1 x f32>) -> (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) {
  %half = lz.constant dense<0.5> : tensor<f32>
  %odd = lz.constant dense<2.5> : tensor<f32>
  %twos = lz.constant dense<2.0> : tensor<4xf32>
  %0 = lz.pow %x, %half : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %1 = lz.pow %x, %odd : (!lz.tensor<4 x f32>, !lz.tensor<f32>) -> !lz.tensor<4 x f32>
  %2 = lz.pow %e, %twos : (!lz.tensor<1 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return %0, %1, %2 : !lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>
}

// -----

// The last dimension is a number, though others are not; a position that is known to
// exist takes no index.
// CHECK-LABEL: lz.func @known
// CHECK: %[[D:.*]] = lz.constant dense<8> : tensor<1xi64>
// CHECK: %[[S:.*]] = lz.select_index %arg1 {axis = 0, index = -1}
// CHECK: lz.return %[[D]], %[[S]]
lz.symbol "n" dynamic {min = 1}
lz.func @known(%x: !lz.tensor<"n" x 8 x f32>, %y: !lz.tensor<3 x "n" x f32>) -> (!lz.tensor<1 x i64>, !lz.tensor<"n" x f32>) {
  %last = lz.constant dense<-1> : tensor<i64>
  %0 = lz.shape_of %x : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<2 x i64>
  %1 = lz.slice %0 {axis = 0, begin = #lz.dim<-1>, end = #lz.dim<9223372036854775807>} : (!lz.tensor<2 x i64>) -> !lz.tensor<1 x i64>
  %2 = lz.gather %y, %last {axis = 0} : (!lz.tensor<3 x "n" x f32>, !lz.tensor<i64>) -> !lz.tensor<"n" x f32>
  lz.return %1, %2 : !lz.tensor<1 x i64>, !lz.tensor<"n" x f32>
}

// -----

// A product with a transposed parameter reads it as it is; what a run transposes it has to.
// CHECK-LABEL: lz.func @transposed
// CHECK: %[[W:.*]] = lz.get_parameter "w"
// CHECK: lz.linear %arg0, %[[W]] : (!lz.tensor<2 x "n" x 3 x f32>, !lz.tensor<4 x 3 x f32>)
// CHECK: lz.matmul
lz.symbol "n" dynamic
lz.parameter "w" : !lz.tensor<4 x 3 x f32>
lz.func @transposed(%x: !lz.tensor<2 x "n" x 3 x f32>, %v: !lz.tensor<4 x 3 x f32>) -> (!lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x "n" x 4 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<4 x 3 x f32>
  %0 = lz.transpose %w {perm = [1, 0]} : (!lz.tensor<4 x 3 x f32>) -> !lz.tensor<3 x 4 x f32>
  %1 = lz.matmul %x, %0 : (!lz.tensor<2 x "n" x 3 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  %2 = lz.transpose %v {perm = [1, 0]} : (!lz.tensor<4 x 3 x f32>) -> !lz.tensor<3 x 4 x f32>
  %3 = lz.matmul %x, %2 : (!lz.tensor<2 x "n" x 3 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<2 x "n" x 4 x f32>
  lz.return %1, %3 : !lz.tensor<2 x "n" x 4 x f32>, !lz.tensor<2 x "n" x 4 x f32>
}

// -----

// A dimension that is not known, and a position that may not exist, are left to a run.
// CHECK-LABEL: lz.func @unknown
// CHECK: lz.slice
// CHECK: lz.gather
// CHECK: lz.gather
lz.symbol "n" dynamic {min = 1}
lz.func @unknown(%x: !lz.tensor<"n" x 8 x f32>) -> (!lz.tensor<1 x i64>, !lz.tensor<8 x f32>, !lz.tensor<"n" x f32>) {
  %one = lz.constant dense<1> : tensor<i64>
  %nine = lz.constant dense<9> : tensor<i64>
  %0 = lz.shape_of %x : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<2 x i64>
  %1 = lz.slice %0 {axis = 0, begin = #lz.dim<0>, end = #lz.dim<1>} : (!lz.tensor<2 x i64>) -> !lz.tensor<1 x i64>
  %2 = lz.gather %x, %one {axis = 0} : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<i64>) -> !lz.tensor<8 x f32>
  %3 = lz.gather %x, %nine {axis = 1} : (!lz.tensor<"n" x 8 x f32>, !lz.tensor<i64>) -> !lz.tensor<"n" x f32>
  lz.return %1, %2, %3 : !lz.tensor<1 x i64>, !lz.tensor<8 x f32>, !lz.tensor<"n" x f32>
}
