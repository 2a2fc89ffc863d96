// Shapes of what reshapes, rearranges and indexes.
// RUN: lazuli-opt %s --lz-infer-shapes | FileCheck %s

// -1 takes what is left.
// CHECK: lz.func @reshape({{.*}}) -> !lz.tensor<"n" x 24 x f32> {
lz.func @reshape(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reshape %a {shape = #lz.dims<"n", -1>} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Also of symbols that cancel.
// CHECK: lz.func @reshape_symbols({{.*}}) -> !lz.tensor<"b" x "s" x 12 x 64 x f32> {
lz.func @reshape_symbols(%a: !lz.tensor<"b" x "s" x 768 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reshape %a {shape = #lz.dims<"b", "s", 12, -1>} : (!lz.tensor<"b" x "s" x 768 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A scalar of one element.
// CHECK: lz.func @reshape_scalar({{.*}}) -> !lz.tensor<f32> {
lz.func @reshape_scalar(%a: !lz.tensor<1 x 1 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.reshape %a {shape = #lz.dims<>} : (!lz.tensor<1 x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Axes 1 to the last as one.
// CHECK: lz.func @flatten({{.*}}) -> !lz.tensor<"n" x 24 x f32> {
lz.func @flatten(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.flatten %a {start_axis = 1, end_axis = -1} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Symbols multiply.
// CHECK: lz.func @flatten_all({{.*}}) -> !lz.tensor<[24*n] x f32> {
lz.func @flatten_all(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.flatten %a {start_axis = 0, end_axis = -1} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A scalar becomes a vector.
// CHECK: lz.func @flatten_scalar({{.*}}) -> !lz.tensor<1 x f32> {
lz.func @flatten_scalar(%a: !lz.tensor<f32>) -> !lz.tensor<* x f32> {
  %y = lz.flatten %a {start_axis = 0, end_axis = -1} : (!lz.tensor<f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// One axis as several.
// CHECK: lz.func @unflatten({{.*}}) -> !lz.tensor<"n" x 4 x 2 x 3 x f32> {
lz.func @unflatten(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.unflatten %a {axis = -1, sizes = #lz.dims<2, -1>} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Given axes of 1 go.
// CHECK: lz.func @squeeze({{.*}}) -> !lz.tensor<1 x "n" x f32> {
lz.func @squeeze(%a: !lz.tensor<1 x "n" x 1 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.squeeze %a {axes = [-1]} : (!lz.tensor<1 x "n" x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Without axes all that are known to be 1.
// CHECK: lz.func @squeeze_all({{.*}}) -> !lz.tensor<4 x f32> {
lz.func @squeeze_all(%a: !lz.tensor<1 x 4 x 1 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.squeeze %a : (!lz.tensor<1 x 4 x 1 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Axes are positions in the result.
// CHECK: lz.func @unsqueeze({{.*}}) -> !lz.tensor<1 x "n" x 4 x 1 x f32> {
lz.func @unsqueeze(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.unsqueeze %a {axes = [0, -1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Axis i of the result is axis perm[i].
// CHECK: lz.func @transpose({{.*}}) -> !lz.tensor<6 x "n" x 4 x f32> {
lz.func @transpose(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.transpose %a {perm = [2, 0, 1]} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Two axes exchanged.
// CHECK: lz.func @swap({{.*}}) -> !lz.tensor<6 x 4 x "n" x f32> {
lz.func @swap(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.swap_axes %a {axis0 = -1, axis1 = 0} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// 1 expands, -1 keeps, axes are added in front.
// CHECK: lz.func @expand({{.*}}) -> !lz.tensor<"m" x 5 x 4 x f32> {
lz.func @expand(%a: !lz.tensor<1 x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.expand %a {shape = #lz.dims<"m", 5, -1>} : (!lz.tensor<1 x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Padding of the last axes; a negative one crops.
// CHECK: lz.func @pad({{.*}}) -> !lz.tensor<"n" x 5 x 7 x f32> {
lz.func @pad(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.pad %a {begin = [1, -2], end = [0, 3]} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// More repeats than axes add axes.
// CHECK: lz.func @repeat({{.*}}) -> !lz.tensor<3 x [2*n] x 4 x f32> {
lz.func @repeat(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.repeat %a {repeats = [3, 2, 1]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Fewer leave the first as they are.
// CHECK: lz.func @repeat_last({{.*}}) -> !lz.tensor<"n" x 8 x f32> {
lz.func @repeat_last(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.repeat %a {repeats = [2]} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Flipping keeps the shape.
// CHECK: lz.func @flip({{.*}}) -> !lz.tensor<"n" x 4 x 6 x f32> {
lz.func @flip(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.flip %a {axes = [0, 2]} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// So does cutting a triangle.
// CHECK: lz.func @triangular({{.*}}) -> !lz.tensor<"n" x 4 x 6 x f32> {
lz.func @triangular(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.triangular %a {upper = true} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Along the axis dimensions add up.
// CHECK: lz.func @concat({{.*}}) -> !lz.tensor<[m + n + 3] x 4 x f32> {
lz.func @concat(%a: !lz.tensor<"n" x 4 x f32>, %b: !lz.tensor<3 x 4 x f32>, %c: !lz.tensor<"m" x 4 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.concat %a, %b, %c {axis = -2} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<3 x 4 x f32>, !lz.tensor<"m" x 4 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A shape is a vector of as many as there are axes.
// CHECK: lz.func @shape_of({{.*}}) -> !lz.tensor<2 x i64> {
lz.func @shape_of(%a: !lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x i64> {
  %y = lz.shape_of %a : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x i64>
  lz.return %y : !lz.tensor<* x i64>
}

// Counting has the shape asked for.
// CHECK: lz.func @iota({{.*}}) -> !lz.tensor<2 x "n" x f32> {
lz.func @iota() -> !lz.tensor<* x f32> {
  %y = lz.iota {shape = #lz.dims<2, "n">} : () -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// So has a tensor of one value.
// CHECK: lz.func @full({{.*}}) -> !lz.tensor<i1> {
lz.func @full() -> !lz.tensor<* x i1> {
  %y = lz.full {shape = #lz.dims<>, value = 1} : () -> !lz.tensor<* x i1>
  lz.return %y : !lz.tensor<* x i1>
}

// And random numbers.
// CHECK: lz.func @random({{.*}}) -> !lz.tensor<"n" x 3 x f32> {
lz.func @random(%a: !lz.tensor<i64>) -> !lz.tensor<* x f32> {
  %y = lz.random normal %a, %a {shape = #lz.dims<"n", 3>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Random numbers in another tensor's shape.
// CHECK: lz.func @random_like({{.*}}) -> !lz.tensor<"n" x f32> {
lz.func @random_like(%a: !lz.tensor<i64>, %b: !lz.tensor<"n" x i1>) -> !lz.tensor<* x f32> {
  %y = lz.random_like uniform %a, %a, %b : (!lz.tensor<i64>, !lz.tensor<i64>, !lz.tensor<"n" x i1>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Both ends count from the end if negative.
// CHECK: lz.func @slice({{.*}}) -> !lz.tensor<6 x f32> {
lz.func @slice(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<1>, end = #lz.dim<-1>} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The greatest number is the end.
// CHECK: lz.func @slice_end({{.*}}) -> !lz.tensor<"n" x f32> {
lz.func @slice_end(%a: !lz.tensor<"n" x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<0>, end = #lz.dim<9223372036854775807>} : (!lz.tensor<"n" x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Out of range is clamped.
// CHECK: lz.func @slice_clamp({{.*}}) -> !lz.tensor<8 x f32> {
lz.func @slice_clamp(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<-20>, end = #lz.dim<20>} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Nothing between.
// CHECK: lz.func @slice_empty({{.*}}) -> !lz.tensor<0 x f32> {
lz.func @slice_empty(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<5>, end = #lz.dim<3>} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Every third.
// CHECK: lz.func @slice_step({{.*}}) -> !lz.tensor<3 x f32> {
lz.func @slice_step(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<1>, end = #lz.dim<9223372036854775807>, step = 3} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Backwards through element 0.
// CHECK: lz.func @slice_reverse({{.*}}) -> !lz.tensor<8 x f32> {
lz.func @slice_reverse(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<9223372036854775807>, end = #lz.dim<-9223372036854775808>, step = -1} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// Backwards in steps.
// CHECK: lz.func @slice_back({{.*}}) -> !lz.tensor<3 x f32> {
lz.func @slice_back(%a: !lz.tensor<8 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<-2>, end = #lz.dim<1>, step = -2} : (!lz.tensor<8 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// An expression as the end: its own size, if it is not longer.
// CHECK: lz.func @slice_symbol({{.*}}) -> !lz.tensor<"n" x f32> {
lz.func @slice_symbol(%a: !lz.tensor<[n + 2] x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<0>, end = #lz.dim<"n">} : (!lz.tensor<[n + 2] x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A symbolic size of which a constant is taken may be shorter.
// CHECK: lz.func @slice_short({{.*}}) -> !lz.tensor<[min(4, n)] x f32> {
lz.func @slice_short(%a: !lz.tensor<"n" x f32>) -> !lz.tensor<* x f32> {
  %y = lz.slice %a {axis = 0, begin = #lz.dim<0>, end = #lz.dim<4>} : (!lz.tensor<"n" x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// One position: the axis goes.
// CHECK: lz.func @select_index({{.*}}) -> !lz.tensor<"n" x 6 x f32> {
lz.func @select_index(%a: !lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.select_index %a {axis = 1, index = -4} : (!lz.tensor<"n" x 4 x 6 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The indices' shape in place of the axis.
// CHECK: lz.func @gather({{.*}}) -> !lz.tensor<"b" x "s" x 8 x f32> {
lz.func @gather(%a: !lz.tensor<"v" x 8 x f32>, %b: !lz.tensor<"b" x "s" x i64>) -> !lz.tensor<* x f32> {
  %y = lz.gather %a, %b : (!lz.tensor<"v" x 8 x f32>, !lz.tensor<"b" x "s" x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// A scalar index drops the axis.
// CHECK: lz.func @gather_scalar({{.*}}) -> !lz.tensor<3 x 8 x f32> {
lz.func @gather_scalar(%a: !lz.tensor<3 x "v" x 8 x f32>, %b: !lz.tensor<i32>) -> !lz.tensor<* x f32> {
  %y = lz.gather %a, %b {axis = 1} : (!lz.tensor<3 x "v" x 8 x f32>, !lz.tensor<i32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The indices' shape.
// CHECK: lz.func @gather_panels({{.*}}) -> !lz.tensor<"b" x "s" x 3 x f32> {
lz.func @gather_panels(%a: !lz.tensor<2 x 3 x 8 x f32>, %b: !lz.tensor<"b" x "s" x i64>) -> !lz.tensor<* x f32> {
  %y = lz.gather_panels %a, %b {rows = 13} : (!lz.tensor<2 x 3 x 8 x f32>, !lz.tensor<"b" x "s" x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// CHECK: lz.func @gather_elements({{.*}}) -> !lz.tensor<3 x "k" x f32> {
lz.func @gather_elements(%a: !lz.tensor<3 x 8 x f32>, %b: !lz.tensor<3 x "k" x i64>) -> !lz.tensor<* x f32> {
  %y = lz.gather_elements %a, %b {axis = -1} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x "k" x i64>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}

// The input's shape.
// CHECK: lz.func @scatter_elements({{.*}}) -> !lz.tensor<3 x 8 x f32> {
lz.func @scatter_elements(%a: !lz.tensor<3 x 8 x f32>, %b: !lz.tensor<3 x 2 x i64>, %c: !lz.tensor<3 x 2 x f32>) -> !lz.tensor<* x f32> {
  %y = lz.scatter_elements add %a, %b, %c {axis = 1} : (!lz.tensor<3 x 8 x f32>, !lz.tensor<3 x 2 x i64>, !lz.tensor<3 x 2 x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
