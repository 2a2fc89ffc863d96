// What the parser and the verifiers refuse: one bad input per message.
// RUN: lazuli-opt %s --split-input-file --verify-diagnostics

// An element type that no engine has.
// expected-error @+1 {{element type 'i7' is not one of f64, f32, f16, bf16, i64, i32, i16, i8, ui64, ui32, ui16, ui8, i1}}
lz.func private @f(!lz.tensor<4 x i7>)

// -----

// A negative dimension.
// expected-error @+1 {{dimension -4 is negative}}
lz.func private @f(!lz.tensor<-4 x f32>)

// -----

// Arithmetic that leaves 64 bits.
// expected-error @+1 {{dimension expression overflows}}
lz.func private @f(!lz.tensor<[9223372036854775807 * 2 + n] x f32>)

// -----

// A word that is no expression.
// expected-error @+1 {{expected a number, a symbol or '(' in a dimension expression}}
lz.func private @f(!lz.tensor<[2 * ] x f32>)

// -----

// A function with the wrong number of operands.
// expected-error @+1 {{'floordiv' got 1 operands, expected 2}}
lz.func private @f(!lz.tensor<[floordiv(n)] x f32>)

// -----

// A guard without a dimension.
lz.func @f() {
  // expected-error @+1 {{expected a dimension: a number, a symbol in quotes or an expression in brackets}}
  lz.guard n == 4, "m"
  lz.return
}

// -----

// An attribute of the wrong type is not dropped silently.
lz.func @f(%x: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{'lz.elu' op attribute 'alpha' failed to satisfy constraint: 64-bit float attribute}}
  %0 = lz.elu %x {alpha = 1} : (!lz.tensor<4 x f32>) -> !lz.tensor<4 x f32>
  lz.return
}

// -----

// Operands are lz tensors.
lz.func @f() {
  %0 = arith.constant dense<1.0> : tensor<4xf32>
  // expected-error @+1 {{operand #0 must be lz tensor, but got 'tensor<4xf32>'}}
  %1 = lz.exp %0 : (tensor<4xf32>) -> !lz.tensor<4 x f32>
  lz.return
}

// -----

// A range that holds nothing.
// expected-error @+1 {{has the range 5 to 4, expected 0 <= min <= max}}
lz.symbol "n" dynamic {min = 5, max = 4}

// -----

// A negative least value.
// expected-error @+1 {{has the range -1 to 4, expected 0 <= min <= max}}
lz.symbol "n" dynamic {min = -1, max = 4}

// -----

// A divisor without a multiple in the range.
// expected-error @+1 {{has the divisor 8, expected a positive one with a multiple in 9 to 15}}
lz.symbol "n" dynamic {min = 9, max = 15, divisor = 8}

// -----

// Two symbols of one name.
lz.symbol "n" dynamic
// expected-error @+1 {{declares "n" a second time}}
lz.symbol "n" lazy

// -----

// A parameter and a state of one name.
lz.state "w" : !lz.tensor<f32>
// expected-error @+1 {{declares "w" a second time}}
lz.parameter "w" : !lz.tensor<f32>

// -----

// Two states of one name.
lz.state "w" : !lz.tensor<f32>
// expected-error @+1 {{declares "w" a second time}}
lz.state "w" : !lz.tensor<f32>

// -----

// No name.
// expected-error @+1 {{has an empty name}}
lz.parameter "" : !lz.tensor<f32>

// -----

// A parameter's rank is known.
// expected-error @+1 {{has unknown rank, expected a known one}}
lz.parameter "w" : !lz.tensor<* x f32>

// -----

// A value of another element type.
// expected-error @+1 {{has element type 'f32' and a value of 'f64', expected the same}}
lz.parameter "w" : !lz.tensor<2 x f32> {value = dense<0.0> : tensor<2xf64>}

// -----

// A value of another shape.
// expected-error @+1 {{has shape [2, n] and a value of shape [3, 4]}}
lz.state "w" : !lz.tensor<2 x "n" x f32> {value = dense<0.0> : tensor<3x4xf32>}

// -----

// An init that is none.
// expected-error @+1 {{attribute 'init' failed to satisfy constraint: how to initialize}}
lz.parameter "w" : !lz.tensor<2 x f32> {init = 4}

// -----

// A parameter that does not exist.
lz.func @f() {
  // expected-error @+1 {{names no parameter of the module: "w"}}
  %0 = lz.get_parameter "w" : !lz.tensor<f32>
  lz.return
}

// -----

// A parameter is no state.
lz.parameter "w" : !lz.tensor<f32>
lz.func @f() {
  // expected-error @+1 {{names no state of the module: "w"}}
  %0 = lz.read "w" : !lz.tensor<f32>
  lz.return
}

// -----

// A state that does not exist.
lz.func @f(%x: !lz.tensor<f32>) {
  // expected-error @+1 {{names no state of the module: "s"}}
  lz.write "s", %x : !lz.tensor<f32>
  lz.return
}

// -----

// Functions take lz tensors only.
// expected-error @+1 {{has type '(tensor<4xf32>) -> ()', expected lz tensors, sequences and optionals only}}
lz.func private @f(tensor<4xf32>)

// -----

// A return of too few values.
lz.func @f(%x: !lz.tensor<f32>) -> (!lz.tensor<f32>, !lz.tensor<f32>) {
  // expected-error @+1 {{has 1 operands, expected 2 as the function has results}}
  lz.return %x : !lz.tensor<f32>
}

// -----

// A return of another element type.
lz.func @f(%x: !lz.tensor<f32>) -> !lz.tensor<f64> {
  // expected-error @+1 {{returns 'f32' as result 0, expected 'f64'}}
  lz.return %x : !lz.tensor<f32>
}

// -----

// A constant of an element type that tensors do not have.
lz.func @f() {
  // expected-error @+1 {{constant of 'tensor<2xindex>', expected a static shape and one of}}
  %0 = lz.constant dense<1> : tensor<2xindex>
  lz.return
}

// -----

// An expectation of nothing.
lz.func @f(%x: !lz.tensor<f32>) {
  // expected-error @+1 {{expects no rank or a negative one}}
  lz.expect %x ranks [] for "BatchNorm1d 'bn'" : !lz.tensor<f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<f32>) {
  // expected-error @+1 {{has beta 0, expected another value}}
  %0 = lz.softplus %x {beta = 0.0} : (!lz.tensor<f32>) -> !lz.tensor<f32>
  lz.return
}

// -----

// argmax along two axes has no one index.
lz.func @f(%x: !lz.tensor<2 x 2 x f32>) {
  // expected-error @+1 {{has 2 axes, expected one or none with argmax}}
  %0 = lz.reduce argmax %x {axes = [0, 1]} : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<i64>
  lz.return
}

// -----

// A kind that does not exist.
lz.func @f(%x: !lz.tensor<2 x 2 x f32>) {
  // expected-error @+1 {{expected string or keyword containing one of the following enum values for attribute 'kind' [sum, mean, prod, max, min, any, all, argmax, argmin]}}
  %0 = lz.reduce median %x : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<2 x 2 x f32>, %c: !lz.tensor<2 x f32>) {
  // expected-error @+1 {{has eps -1.000000e+00, expected 0 or more}}
  %0 = lz.batch_norm %x, %c, %c {eps = -1.0} : (!lz.tensor<2 x 2 x f32>, !lz.tensor<2 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<2 x 2 x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<2 x 2 x f32>) {
  // expected-error @+1 {{has axes_count 0, expected 1 or more}}
  %0 = lz.layer_norm %x {axes_count = 0} : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<2 x 2 x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<2 x 2 x f32>) {
  // expected-error @+1 {{has axes_count -1, expected 1 or more}}
  %0 = lz.rms_norm %x {axes_count = -1} : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<2 x 2 x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<2 x 2 x f32>) {
  // expected-error @+1 {{has -1 groups, expected 0 (one per channel) or more}}
  %0 = lz.group_norm %x {groups = -1} : (!lz.tensor<2 x 2 x f32>) -> !lz.tensor<2 x 2 x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has no strides, expected one per spatial axis}}
  %0 = lz.conv %x, %x {strides = [], dilations = [], pads_begin = [], pads_end = []} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 0 groups, expected 1 or more}}
  %0 = lz.conv %x, %x {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], groups = 0} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 pads_end, expected one per spatial axis (1)}}
  %0 = lz.conv %x, %x {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0, 0]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 0 in strides, expected 1 or more}}
  %0 = lz.conv_transpose %x, %x {strides = [0], dilations = [1], pads_begin = [0], pads_end = [0], output_padding = [0]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has no kernel, expected one entry per spatial axis}}
  %0 = lz.pool max %x {kernel = [], strides = [], dilations = [], pads_begin = [], pads_end = []} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 in pads_begin, expected less than the dilated kernel (2)}}
  %0 = lz.pool max %x {kernel = [2], strides = [2], dilations = [1], pads_begin = [2], pads_end = [0]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has divisor_override -1, expected 0 (none) or more}}
  %0 = lz.pool avg %x {kernel = [2], strides = [2], dilations = [1], pads_begin = [0], pads_end = [0], divisor_override = -1} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has no output_size, expected one entry per spatial axis}}
  %0 = lz.adaptive_avg_pool %x {output_size = []} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has -2 in output_size, expected -1 or more}}
  %0 = lz.adaptive_avg_pool %x {output_size = [-2]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 times -1 in shape, expected at most one}}
  %0 = lz.reshape %x {shape = #lz.dims<-1, -1>} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has -3 in sizes, expected -1 or a dimension}}
  %0 = lz.unflatten %x {axis = 0, sizes = #lz.dims<-3, 2>} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has no sizes, expected at least one}}
  %0 = lz.unflatten %x {axis = 0, sizes = #lz.dims<>} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has axis 1 twice}}
  %0 = lz.squeeze %x {axes = [1, 0, 1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has no axes, expected at least one}}
  %0 = lz.unsqueeze %x {axes = []} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has axis -1 twice}}
  %0 = lz.flip %x {axes = [-1, -1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has a perm that is no permutation of 0 to 2}}
  %0 = lz.transpose %x {perm = [0, 1, 1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has -2 in shape, expected -1 or a dimension}}
  %0 = lz.expand %x {shape = #lz.dims<-2>} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 1 entries in begin and 2 in end, expected the same}}
  %0 = lz.pad %x {begin = [1], end = [1, 1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has -1 in repeats, expected 0 or more}}
  %0 = lz.repeat %x {repeats = [-1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f() {
  // expected-error @+1 {{has no operands, expected at least one}}
  %0 = lz.concat {axis = 0} : () -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f() {
  // expected-error @+1 {{has axis 1 and a shape of rank 1}}
  %0 = lz.iota {axis = 1, shape = #lz.dims<4>} : () -> !lz.tensor<4 x i64>
  lz.return
}

// -----

lz.func @f() {
  // expected-error @+1 {{has -1 in shape, expected 0 or more}}
  %0 = lz.full {shape = #lz.dims<-1>, value = 0} : () -> !lz.tensor<* x i64>
  lz.return
}

// -----

lz.func @f(%s: !lz.tensor<i64>) {
  // expected-error @+1 {{has -1 in shape, expected 0 or more}}
  %0 = lz.random uniform %s, %s {shape = #lz.dims<-1>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has step 0, expected another value}}
  %0 = lz.slice %x {axis = 0, begin = #lz.dim<0>, end = #lz.dim<4>, step = 0} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// An LSTM has a cell state among its results.
lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 results, expected 3 with lstm}}
  %0:2 = lz.recurrent lstm %x weights %x, %x : (!lz.tensor<* x f32>, !lz.tensor<* x f32>, !lz.tensor<* x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has a cell state c0, expected none with gru}}
  %0:2 = lz.recurrent gru %x weights %x, %x c0 %x : (!lz.tensor<* x f32>, !lz.tensor<* x f32>, !lz.tensor<* x f32>, !lz.tensor<* x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// The same holds for the steps of one.
lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 results, expected 3 with lstm}}
  %0:2 = lz.recurrent_steps lstm %x weights %x : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has a cell state c0, expected none with rnn_tanh}}
  %0:2 = lz.recurrent_steps rnn_tanh %x weights %x c0 %x : (!lz.tensor<* x f32>, !lz.tensor<* x f32>, !lz.tensor<* x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has block arguments that do not match its inputs in number and types}}
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  ^bb0(%a: !lz.tensor<4 x f32>):
    lz.yield %a : !lz.tensor<4 x f32>
  }
  lz.return
}

// -----

lz.func @f(%x: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has results that do not match what its region yields in number and types}}
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<* x f32>) -> !lz.tensor<4 x f32> {
  ^bb0(%a: !lz.tensor<* x f32>):
    lz.yield %a : !lz.tensor<* x f32>
  }
  lz.return
}

// -----

// Nothing with an effect enters a kernel.
lz.state "s" : !lz.tensor<f32>
lz.func @f() {
  // expected-error @+1 {{contains 'lz.read', expected pure ops only}}
  %0 = lz.fused "cpu"() : () -> !lz.tensor<f32> {
    %1 = lz.read "s" : !lz.tensor<f32>
    lz.yield %1 : !lz.tensor<f32>
  }
  lz.return
}

// -----

// A body is one block: what stands in others would not be compiled.
// expected-error @+1 {{region #0 ('body') failed to verify constraint: region with at most 1 blocks}}
lz.func @f() {
  lz.return
^bb1:
  lz.return
}

// -----

// Of many declarations and uses each is looked at.
lz.parameter "a" : !lz.tensor<f32>
lz.state "s" : !lz.tensor<f32>
// expected-error @+1 {{declares "s" a second time}}
lz.parameter "s" : !lz.tensor<f32>

// -----

lz.parameter "a" : !lz.tensor<f32>
lz.state "s" : !lz.tensor<f32>
lz.func @f() {
  %0 = lz.get_parameter "a" : !lz.tensor<f32>
  %1 = lz.read "s" : !lz.tensor<f32>
  // expected-error @+1 {{names no parameter of the module: "b"}}
  %2 = lz.get_parameter "b" : !lz.tensor<f32>
  lz.return
}

// -----

// Expressions of any depth would need as much stack.
// expected-error @+1 {{a dimension expression has more than 256 operands in one another}}
lz.func private @f(!lz.tensor<[((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((n))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))] x f32>)

// -----

// Winograd's algorithm: no channel,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 0 channels, expected 1 or more}}
  %y = lz.conv_winograd %a, %b {channels = 0, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// one padding instead of two,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 1 pads_begin}}
  %y = lz.conv_winograd %a, %b {channels = 1, pads_begin = [1], pads_end = [1, 1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// a negative one.
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{in pads_end}}
  %y = lz.conv_winograd %a, %b {channels = 1, pads_begin = [1, 1], pads_end = [1, -1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A convolution of each channel: bounds in the wrong order,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has a low of 6.000000e+00 above its high of 1.000000e+00}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1], low = 6.0 : f64, high = 1.0 : f64} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// a stride too few,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 1 strides}}
  %y = lz.conv_depthwise %a, %b {strides = [1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// no dilation,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{in dilations}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [0, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// a negative padding.
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{in pads_end}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, -1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// lz.conv_panels: an image of three axes,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 3 strides, expected one per axis of an image of one or two axes}}
  %y = lz.conv_panels %a, %b {strides = [1, 1, 1], pads_begin = [0, 0, 0], pads_end = [0, 0, 0]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// no stride,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{in strides}}
  %y = lz.conv_panels %a, %b {strides = [0], pads_begin = [0], pads_end = [0]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// a padding too many,
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{has 2 pads_begin}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [0, 0], pads_end = [0]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// a negative padding.
lz.func @f(%a: !lz.tensor<* x f32>, %b: !lz.tensor<* x f32>) {
  // expected-error @+1 {{in pads_end}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [0], pads_end = [-1]} : (!lz.tensor<* x f32>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return
}
