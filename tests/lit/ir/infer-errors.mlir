// What shape inference refuses, in the words of the model: one bad input per
// message.
// RUN: lazuli-opt %s --split-input-file --verify-diagnostics --lz-infer-shapes

// The error carries the name of the module, not of the op alone.
lz.func @f(%a: !lz.tensor<4 x i64>) {
  // expected-error @unknown {{encoder.act (exp): the input has element type 'i64', expected a floating-point type}}
  %y = lz.exp %a : (!lz.tensor<4 x i64>) -> !lz.tensor<* x i64> loc("encoder.act")
  lz.return
}

// -----

// An op takes some element types only.
lz.func @f(%a: !lz.tensor<4 x i64>) {
  // expected-error @+1 {{lz.sigmoid: the input has element type 'i64', expected a floating-point type}}
  %y = lz.sigmoid %a : (!lz.tensor<4 x i64>) -> !lz.tensor<* x i64>
  lz.return
}

// -----

// Numbers are not booleans.
lz.func @f(%a: !lz.tensor<4 x i1>) {
  // expected-error @+1 {{the input has element type 'i1', expected a floating-point or integer type}}
  %y = lz.neg %a : (!lz.tensor<4 x i1>) -> !lz.tensor<* x i1>
  lz.return
}

// -----

// Booleans are not numbers.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the input has element type 'f32', expected i1}}
  %y = lz.logical_not %a : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Bits are not floats.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the left operand has element type 'f32', expected an integer type or i1}}
  %y = lz.xor %a, %a : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Shifts are of integers.
lz.func @f(%a: !lz.tensor<4 x i1>) {
  // expected-error @+1 {{the left operand has element type 'i1', expected an integer type}}
  %y = lz.shl %a, %a : (!lz.tensor<4 x i1>, !lz.tensor<4 x i1>) -> !lz.tensor<* x i1>
  lz.return
}

// -----

// Operands have one element type.
lz.func @f(%a: !lz.tensor<4 x f32>, %b: !lz.tensor<4 x f64>) {
  // expected-error @+1 {{the left operand has element type 'f32', the right operand has 'f64', expected the same}}
  %y = lz.add %a, %b : (!lz.tensor<4 x f32>, !lz.tensor<4 x f64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Shapes that do not broadcast.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<3 x 4 x f32>) {
  // expected-error @+1 {{shapes [2, 4] and [3, 4] do not broadcast: expected each pair of dimensions, aligned at the last axis, to be equal or one of them 1}}
  %y = lz.add %a, %b : (!lz.tensor<2 x 4 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A condition is boolean.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the condition has element type 'f32', expected i1}}
  %y = lz.select %a, %a, %a : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// An axis that does not exist.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>) {
  // expected-error @+1 {{axis 2 is out of range, expected -2 to 1 of rank 2}}
  %y = lz.softmax %a {axis = 2} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A scalar has no axis.
lz.func @f(%a: !lz.tensor<f32>) {
  // expected-error @+1 {{axis 0 is out of range, expected no axis of a scalar}}
  %y = lz.flip %a {axes = [0]} : (!lz.tensor<f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// One axis by two names.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>) {
  // expected-error @+1 {{axis -1 is given twice}}
  %y = lz.reduce sum %a {axes = [1, -1]} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Nothing has no maximum.
lz.func @f(%a: !lz.tensor<0 x 4 x f32>) {
  // expected-error @+1 {{axis 0 of [0, 4] has no elements, and max needs one}}
  %y = lz.reduce max %a {axes = [0]} : (!lz.tensor<0 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A mean of integers is none.
lz.func @f(%a: !lz.tensor<4 x i64>) {
  // expected-error @+1 {{the input has element type 'i64', expected a floating-point type}}
  %y = lz.reduce mean %a : (!lz.tensor<4 x i64>) -> !lz.tensor<* x i64>
  lz.return
}

// -----

// Normalization needs channels.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the input has shape [4], expected rank 2 or more}}
  %y = lz.batch_norm %a, %a, %a : (!lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Statistics are a vector.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<4 x 1 x f32>) {
  // expected-error @+1 {{the mean has shape [4, 1], expected rank 1}}
  %y = lz.batch_norm %a, %b, %b : (!lz.tensor<2 x 4 x f32>, !lz.tensor<4 x 1 x f32>, !lz.tensor<4 x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Statistics of another element type.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<4 x f64>) {
  // expected-error @+1 {{the input has element type 'f32', the mean has 'f64', expected the same}}
  %y = lz.batch_norm %a, %b, %b : (!lz.tensor<2 x 4 x f32>, !lz.tensor<4 x f64>, !lz.tensor<4 x f64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// More axes to normalize than there are.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the input has shape [4], expected rank 2 or more}}
  %y = lz.layer_norm %a {axes_count = 2} : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Groups divide the channels.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>) {
  // expected-error @+1 {{num_channels must be divisible by num_groups, got 4 channels and 3 groups}}
  %y = lz.group_norm %a {groups = 3} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A linear layer takes no scalar.
lz.func @f(%a: !lz.tensor<f32>, %b: !lz.tensor<4 x 3 x f32>) {
  // expected-error @+1 {{the input has shape [], expected rank 1 or more}}
  %y = lz.linear %a, %b : (!lz.tensor<f32>, !lz.tensor<4 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Its weight is a matrix.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<3 x f32>) {
  // expected-error @+1 {{the weight has shape [3], expected rank 2}}
  %y = lz.linear %a, %b : (!lz.tensor<2 x 3 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// The bias of panels has the columns of all of them.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<2 x 3 x 8 x f32>, %c: !lz.tensor<8 x f32>) {
  // expected-error @+1 {{the bias}}
  %y = lz.linear %a, %b, %c : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Panels hold fewer columns.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<2 x 3 x 8 x f32>) {
  // expected-error @+1 {{the panels [2, 3, 8] hold 16 columns, not 17, or fewer panels would}}
  %y = lz.linear %a, %b {columns = 17} : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 3 x 8 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// One panel would do.
lz.func @f(%a: !lz.tensor<"n" x i64>, %b: !lz.tensor<2 x 3 x 8 x f32>) {
  // expected-error @+1 {{the panels [2, 3, 8] hold 16 columns, not 8, or fewer panels would}}
  %y = lz.gather_panels %b, %a {rows = 8} : (!lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A table of panels.
lz.func @f(%a: !lz.tensor<"n" x i64>, %b: !lz.tensor<3 x 8 x f32>) {
  // expected-error @+1 {{the table}}
  %y = lz.gather_panels %b, %a : (!lz.tensor<3 x 8 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Panels have the terms on their axis 1.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<2 x 8 x 3 x f32>) {
  // expected-error @+1 {{the last axis of the input [2, 3] and in_features}}
  %y = lz.linear %a, %b : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x 8 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A convolution of the wrong rank.
lz.func @f(%a: !lz.tensor<1 x 2 x 3 x 4 x f32>, %b: !lz.tensor<4 x 2 x 3 x f32>) {
  // expected-error @+1 {{expected 2D (unbatched) or 3D (batched) input, got input of size [1, 2, 3, 4]}}
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<1 x 2 x 3 x 4 x f32>, !lz.tensor<4 x 2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Groups that do not divide the input channels.
lz.func @f(%a: !lz.tensor<1 x 4 x 8 x f32>, %b: !lz.tensor<6 x 1 x 3 x f32>) {
  // expected-error @+1 {{in_channels must be divisible by groups, got 4 channels and 3 groups}}
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], groups = 3} : (!lz.tensor<1 x 4 x 8 x f32>, !lz.tensor<6 x 1 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Nor those of the output.
lz.func @f(%a: !lz.tensor<1 x 6 x 8 x f32>, %b: !lz.tensor<4 x 2 x 3 x f32>) {
  // expected-error @+1 {{out_channels must be divisible by groups, got 4 channels and 3 groups}}
  %y = lz.conv %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], groups = 3} : (!lz.tensor<1 x 6 x 8 x f32>, !lz.tensor<4 x 2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// The same of a transposed convolution.
lz.func @f(%a: !lz.tensor<1 x 4 x 8 x f32>, %b: !lz.tensor<4 x 1 x 3 x f32>) {
  // expected-error @+1 {{in_channels must be divisible by groups, got 4 channels and 3 groups}}
  %y = lz.conv_transpose %a, %b {strides = [1], dilations = [1], pads_begin = [0], pads_end = [0], output_padding = [0], groups = 3} : (!lz.tensor<1 x 4 x 8 x f32>, !lz.tensor<4 x 1 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A kernel larger than what it slides over.
lz.func @f(%a: !lz.tensor<1 x 4 x 5 x f32>, %b: !lz.tensor<6 x 4 x 5 x f32>) {
  // expected-error @+1 {{kernel is larger than the padded input on spatial axis 0: kernel size 5 (dilated 9), padded input size 7}}
  %y = lz.conv %a, %b {strides = [1], dilations = [2], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 4 x 5 x f32>, !lz.tensor<6 x 4 x 5 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Also in pooling.
lz.func @f(%a: !lz.tensor<1 x 4 x 2 x f32>) {
  // expected-error @+1 {{kernel is larger than the padded input on spatial axis 0: kernel size 3 (dilated 3), padded input size 2}}
  %y = lz.pool max %a {kernel = [3], strides = [1], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<1 x 4 x 2 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Padding that leaves less than nothing.
lz.func @f(%a: !lz.tensor<1 x 4 x 1 x f32>, %b: !lz.tensor<4 x 6 x 1 x f32>) {
  // expected-error @+1 {{the result would have shape [1, 6, -4], expected no negative dimension}}
  %y = lz.conv_transpose %a, %b {strides = [1], dilations = [1], pads_begin = [2], pads_end = [3], output_padding = [0]} : (!lz.tensor<1 x 4 x 1 x f32>, !lz.tensor<4 x 6 x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A shape of another number of elements.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>) {
  // expected-error @+1 {{cannot reshape [2, 3] (6 elements) into [4, 2] (8 elements)}}
  %y = lz.reshape %a {shape = #lz.dims<4, 2>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Nothing that -1 could be.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>) {
  // expected-error @+1 {{cannot reshape [2, 3] (6 elements) into [4, -1]: 4 does not divide the number of elements}}
  %y = lz.reshape %a {shape = #lz.dims<4, -1>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Anything that -1 could be.
lz.func @f(%a: !lz.tensor<0 x 3 x f32>) {
  // expected-error @+1 {{cannot reshape [0, 3] into [0, -1]: -1 is ambiguous beside a dimension of 0}}
  %y = lz.reshape %a {shape = #lz.dims<0, -1>} : (!lz.tensor<0 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Axes in the wrong order.
lz.func @f(%a: !lz.tensor<2 x 3 x 4 x f32>) {
  // expected-error @+1 {{start axis 2 is after end axis 0 of [2, 3, 4]}}
  %y = lz.flatten %a {start_axis = 2, end_axis = 0} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A permutation of another rank.
lz.func @f(%a: !lz.tensor<2 x 3 x 4 x f32>) {
  // expected-error @+1 {{permutes 2 axes, got input of size [2, 3, 4]}}
  %y = lz.transpose %a {perm = [1, 0]} : (!lz.tensor<2 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A dimension that does not expand.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>) {
  // expected-error @+1 {{cannot expand [2, 3] to [2, 4]: 3 is neither 1 nor 4}}
  %y = lz.expand %a {shape = #lz.dims<2, 4>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Expanding loses no axis.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>) {
  // expected-error @+1 {{cannot expand [2, 3] to [3], expected at least as many axes}}
  %y = lz.expand %a {shape = #lz.dims<3>} : (!lz.tensor<2 x 3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A new axis has no dimension to keep.
lz.func @f(%a: !lz.tensor<3 x f32>) {
  // expected-error @+1 {{cannot expand [3] to [-1, 3]: -1 stands for an axis that does not exist}}
  %y = lz.expand %a {shape = #lz.dims<-1, 3>} : (!lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// More axes padded than there are.
lz.func @f(%a: !lz.tensor<3 x f32>) {
  // expected-error @+1 {{pads 2 axes, got input of size [3]}}
  %y = lz.pad %a {begin = [0, 0], end = [1, 1]} : (!lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Cropping more than there is.
lz.func @f(%a: !lz.tensor<3 x f32>) {
  // expected-error @+1 {{the result would have shape [-1], expected no negative dimension}}
  %y = lz.pad %a {begin = [-2], end = [-2]} : (!lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A dimension beyond 64 bits.
lz.func @f(%a: !lz.tensor<4611686018427387904 x f32>) {
  // expected-error @+1 {{a dimension of the result is too large or too complicated an expression}}
  %y = lz.repeat %a {repeats = [4]} : (!lz.tensor<4611686018427387904 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Joined tensors have one rank.
lz.func @f(%a: !lz.tensor<2 x 3 x f32>, %b: !lz.tensor<2 x f32>) {
  // expected-error @+1 {{joins [2, 3] and [2], expected the same rank}}
  %y = lz.concat %a, %b {axis = 0} : (!lz.tensor<2 x 3 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// And one element type.
lz.func @f(%a: !lz.tensor<2 x f32>, %b: !lz.tensor<2 x f16>) {
  // expected-error @+1 {{the first tensor has element type 'f32', another one has 'f16', expected the same}}
  %y = lz.concat %a, %b {axis = 0} : (!lz.tensor<2 x f32>, !lz.tensor<2 x f16>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A triangle of a vector.
lz.func @f(%a: !lz.tensor<4 x f32>) {
  // expected-error @+1 {{the input has shape [4], expected rank 2 or more}}
  %y = lz.triangular %a : (!lz.tensor<4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// An index that does not exist.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>) {
  // expected-error @+1 {{index -5 is out of range on axis 1 of [2, 4]}}
  %y = lz.select_index %a {axis = 1, index = -5} : (!lz.tensor<2 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Indices are integers.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<3 x f32>) {
  // expected-error @+1 {{the indices have element type 'f32', expected i64 or i32}}
  %y = lz.gather %a, %b : (!lz.tensor<2 x 4 x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// An index tensor longer than the input.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<3 x 1 x i64>) {
  // expected-error @+1 {{the index tensor of shape [3, 1] is longer than the input [2, 4] on axis 0}}
  %y = lz.gather_elements %a, %b {axis = 1} : (!lz.tensor<2 x 4 x f32>, !lz.tensor<3 x 1 x i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// An index tensor of another rank.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<3 x i64>) {
  // expected-error @+1 {{the index tensor has shape [3], expected rank 2}}
  %y = lz.gather_elements %a, %b {axis = 1} : (!lz.tensor<2 x 4 x f32>, !lz.tensor<3 x i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Updates of another rank than the indices.
lz.func @f(%a: !lz.tensor<2 x 4 x f32>, %b: !lz.tensor<2 x 1 x i64>, %c: !lz.tensor<2 x f32>) {
  // expected-error @+1 {{the tensor of updates has shape [2], expected rank 2}}
  %y = lz.scatter_elements none %a, %b, %c {axis = 1} : (!lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 1 x i64>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A shape of floats.
lz.func @f(%a: !lz.tensor<2 x f32>, %b: !lz.tensor<1 x f32>) {
  // expected-error @+1 {{the shape has element type 'f32', expected an integer type}}
  %y = lz.reshape_like %a, %b : (!lz.tensor<2 x f32>, !lz.tensor<1 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Counting in booleans.
lz.func @f() {
  // expected-error @+1 {{cannot count in 'i1', expected a floating-point or integer type}}
  %y = lz.iota {shape = #lz.dims<2>} : () -> !lz.tensor<2 x i1>
  lz.return
}

// -----

// Random integers.
lz.func @f(%a: !lz.tensor<i64>) {
  // expected-error @+1 {{cannot draw 'i64', expected a floating-point type}}
  %y = lz.random uniform %a, %a {shape = #lz.dims<2>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<2 x i64>
  lz.return
}

// -----

// A seed that is no i64.
lz.func @f(%a: !lz.tensor<i32>) {
  // expected-error @+1 {{the seed has element type 'i32', expected i64}}
  %y = lz.random uniform %a, %a {shape = #lz.dims<2>} : (!lz.tensor<i32>, !lz.tensor<i32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A recurrent layer over a sequence of no batch.
lz.func @f(%a: !lz.tensor<5 x 3 x f32>, %b: !lz.tensor<4 x 3 x f32>, %c: !lz.tensor<4 x 4 x f32>) {
  // expected-error @+1 {{the input has shape [5, 3], expected rank 3}}
  %y:2 = lz.recurrent rnn_tanh %a weights %b, %c : (!lz.tensor<5 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Steps of another type.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f64>) {
  // expected-error @+1 {{weight_hh has element type 'f64', expected 'f32'}}
  %y:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f64>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Steps whose products are not in blocks.
lz.func @f(%a: !lz.tensor<5 x 2 x 12 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>) {
  // expected-error @+1 {{the projection has shape [5, 2, 12], expected rank 4}}
  %y:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 2 x 12 x f32>, !lz.tensor<2 x 4 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Blocks that are not of all hidden units.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 6 x f32>, %b: !lz.tensor<2 x 5 x 6 x f32>) {
  // expected-error @+1 {{the gates of all blocks of weight_hh and of hidden_size}}
  %y:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 5 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Other blocks than the weights have.
lz.func @f(%a: !lz.tensor<5 x 2 x 3 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>) {
  // expected-error @+1 {{axis 2 of the projection and the blocks}}
  %y:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 2 x 3 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Other gates than the weights have.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 12 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>) {
  // expected-error @+1 {{axis 3 of the projection and a block's gates}}
  %y:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 2 x 2 x 12 x f32>, !lz.tensor<2 x 4 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// A bias of other blocks.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>, %c: !lz.tensor<3 x 6 x f32>) {
  // expected-error @+1 {{axis 0 of bias_hh and the blocks}}
  %y:2 = lz.recurrent_steps gru %a weights %b b_hh %c : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<3 x 6 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// A bias of other gates.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>, %c: !lz.tensor<2 x 12 x f32>) {
  // expected-error @+1 {{axis 1 of bias_hh and a block's gates}}
  %y:2 = lz.recurrent_steps gru %a weights %b b_hh %c : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<2 x 12 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// States of another batch.
lz.func @f(%a: !lz.tensor<5 x 2 x 2 x 6 x f32>, %b: !lz.tensor<2 x 4 x 6 x f32>, %c: !lz.tensor<3 x 4 x f32>) {
  // expected-error @+1 {{axis 0 of h0 and the batch}}
  %y:2 = lz.recurrent_steps gru %a weights %b h0 %c : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<3 x 4 x f32>) -> (!lz.tensor<* x f32>, !lz.tensor<* x f32>)
  lz.return
}

// -----

// Attention of a vector.
lz.func @f(%a: !lz.tensor<8 x f32>) {
  // expected-error @+1 {{the query has shape [8], expected rank 2 or more}}
  %y = lz.attention %a, %a, %a : (!lz.tensor<8 x f32>, !lz.tensor<8 x f32>, !lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A mask of more axes than the scores.
lz.func @f(%a: !lz.tensor<4 x 8 x f32>, %b: !lz.tensor<1 x 1 x 4 x 4 x i1>) {
  // expected-error @+1 {{the mask has shape [1, 1, 4, 4], expected one that broadcasts to [4, 4]}}
  %y = lz.attention %a, %a, %a, %b : (!lz.tensor<4 x 8 x f32>, !lz.tensor<4 x 8 x f32>, !lz.tensor<4 x 8 x f32>, !lz.tensor<1 x 1 x 4 x 4 x i1>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A mask of integers.
lz.func @f(%a: !lz.tensor<4 x 8 x f32>, %b: !lz.tensor<4 x 4 x i64>) {
  // expected-error @+1 {{the query has element type 'f32', the mask (if not i1) has 'i64', expected the same}}
  %y = lz.attention %a, %a, %a, %b : (!lz.tensor<4 x 8 x f32>, !lz.tensor<4 x 8 x f32>, !lz.tensor<4 x 8 x f32>, !lz.tensor<4 x 4 x i64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// The rank that the user's module takes.
lz.func @f(%a: !lz.tensor<1 x 2 x 3 x "n" x f32>) {
  // expected-error @+1 {{expected 2D or 3D input to BatchNorm1d 'bn', got 4D input of size [1, 2, 3, n]}}
  lz.expect %a ranks [2, 3] for "BatchNorm1d 'bn'" : !lz.tensor<1 x 2 x 3 x "n" x f32>
  lz.return
}

// -----

// A state keeps its element type.
lz.state "s" : !lz.tensor<4 x f32> {init = #lz.fill<0.0>}
lz.func @f(%a: !lz.tensor<4 x f64>) {
  // expected-error @+1 {{writes 'f64' to the state 's' of 'f32'}}
  lz.write "s", %a : !lz.tensor<4 x f64>
  lz.return
}

// -----

// And its rank.
lz.state "s" : !lz.tensor<4 x f32> {init = #lz.fill<0.0>}
lz.func @f(%a: !lz.tensor<4 x 1 x f32>) {
  // expected-error @+1 {{writes shape [4, 1] to the state 's' of shape [4]}}
  lz.write "s", %a : !lz.tensor<4 x 1 x f32>
  lz.return
}

// -----

// A statistic of one value.
lz.func @f() {
  %n = lz.constant dense<1> : tensor<i64>
  // expected-error @+1 {{BatchNorm1d 'bn': expected more than 1 value per channel, found 1}}
  lz.expect_several %n, "BatchNorm1d 'bn': expected more than 1 value per channel" : !lz.tensor<i64>
  lz.return
}

// -----

// Winograd's algorithm is for f32 alone.
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 3 x f64>, %b: !lz.tensor<2 x 3 x 3 x 3 x 16 x f64>) {
  // expected-error @+1 {{the input has element type 'f64', expected 'f32'}}
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 3 x f64>, !lz.tensor<2 x 3 x 3 x 3 x 16 x f64>) -> !lz.tensor<* x f64>
  lz.return
}

// -----

// Its weights hold the channels, in as few blocks as can be,
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 3 x f32>, %b: !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the weight must be (blocks, C, 3, 3, lanes) for 20 channels, got [1, 3, 3, 3, 16]}}
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// are of 3x3,
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 3 x f32>, %b: !lz.tensor<2 x 3 x 5 x 3 x 16 x f32>) {
  // expected-error @+1 {{the weight must be (blocks, C, 3, 3, lanes) for 20 channels, got [2, 3, 5, 3, 16]}}
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 3 x f32>, !lz.tensor<2 x 3 x 5 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// and are for the channels of the input.
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 4 x f32>, %b: !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{in_channels}}
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// It has images and a batch.
lz.func @f(%a: !lz.tensor<8 x 8 x 3 x f32>, %b: !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the input}}
  %y = lz.conv_winograd %a, %b {channels = 20, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<8 x 8 x 3 x f32>, !lz.tensor<2 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// A convolution of each channel is for f32 alone,
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 3 x f64>, %b: !lz.tensor<3 x 3 x 3 x f64>) {
  // expected-error @+1 {{the input has element type 'f64', expected 'f32'}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 3 x f64>, !lz.tensor<3 x 3 x 3 x f64>) -> !lz.tensor<* x f64>
  lz.return
}

// -----

// of images of a known width,
lz.symbol "w" dynamic
lz.func @f(%a: !lz.tensor<1 x 8 x "w" x 4 x f32>, %b: !lz.tensor<3 x 3 x 4 x f32>) {
  // expected-error @+1 {{the width and the weight must be constants, got [1, 8, w, 4] and [3, 3, 4]}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x "w" x 4 x f32>, !lz.tensor<3 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// of several channels,
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 1 x f32>, %b: !lz.tensor<3 x 3 x 1 x f32>) {
  // expected-error @+1 {{there must be 2 channels or more, got the weight [3, 3, 1]}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 1 x f32>, !lz.tensor<3 x 3 x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// as many as the weights have,
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 4 x f32>, %b: !lz.tensor<3 x 3 x 5 x f32>) {
  // expected-error @+1 {{the channels of the input [1, 8, 8, 4] and of the weight}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<3 x 3 x 5 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// and the bias;
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 4 x f32>, %b: !lz.tensor<3 x 3 x 4 x f32>, %c: !lz.tensor<5 x f32>) {
  // expected-error @+1 {{the bias}}
  %y = lz.conv_depthwise %a, %b, %c {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<3 x 3 x 4 x f32>, !lz.tensor<5 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// the kernel fits into the image.
lz.func @f(%a: !lz.tensor<1 x 8 x 8 x 4 x f32>, %b: !lz.tensor<11 x 3 x 4 x f32>) {
  // expected-error @+1 {{larger}}
  %y = lz.conv_depthwise %a, %b {strides = [1, 1], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<1 x 8 x 8 x 4 x f32>, !lz.tensor<11 x 3 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// Convolutions in panels are of f32,
lz.func @f(%a: !lz.tensor<1 x 8 x 3 x f64>, %b: !lz.tensor<1 x 3 x 3 x 16 x f64>) {
  // expected-error @+1 {{the input has element type 'f64', expected 'f32'}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f64>, !lz.tensor<1 x 3 x 3 x 16 x f64>) -> !lz.tensor<* x f64>
  lz.return
}

// -----

// as the weights are,
lz.func @f(%a: !lz.tensor<1 x 8 x 3 x f32>, %b: !lz.tensor<1 x 3 x 3 x 16 x f64>) {
  // expected-error @+1 {{the weight}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 16 x f64>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// batched,
lz.func @f(%a: !lz.tensor<8 x 3 x f32>, %b: !lz.tensor<1 x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the input}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// with panels of weights
lz.func @f(%a: !lz.tensor<1 x 8 x 3 x f32>, %b: !lz.tensor<3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the weight}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>, !lz.tensor<3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// whose dimensions are known,
lz.symbol "p" dynamic
lz.func @f(%a: !lz.tensor<1 x 8 x 3 x f32>, %b: !lz.tensor<"p" x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the weight must have positive constants as dimensions, the last of 2 or more, got [p, 3, 3, 16]}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>, !lz.tensor<"p" x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// of the channels of the image;
lz.func @f(%a: !lz.tensor<1 x 8 x 4 x f32>, %b: !lz.tensor<1 x 3 x 3 x 16 x f32>) {
  // expected-error @+1 {{the channels of the input [1, 8, 4] and of the weight}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 4 x f32>, !lz.tensor<1 x 3 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}

// -----

// the kernel fits into the image.
lz.func @f(%a: !lz.tensor<1 x 8 x 3 x f32>, %b: !lz.tensor<1 x 11 x 3 x 16 x f32>) {
  // expected-error @+1 {{larger}}
  %y = lz.conv_panels %a, %b {strides = [1], pads_begin = [1], pads_end = [1]} : (!lz.tensor<1 x 8 x 3 x f32>, !lz.tensor<1 x 11 x 3 x 16 x f32>) -> !lz.tensor<* x f32>
  lz.return
}
