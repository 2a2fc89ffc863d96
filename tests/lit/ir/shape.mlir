// Reshaping and rearranging: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @shape
lz.func @shape(%x: !lz.tensor<"n" x 2 x 3 x f32>, %d: !lz.tensor<2 x i64>, %u: !lz.tensor<* x f32>, %v: !lz.tensor<4 x f32>) {
  // CHECK: lz.reshape %{{[^ ,)]+}} {shape = #lz.dims<"n", -1>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>
  %0 = lz.reshape %x {shape = #lz.dims<"n", -1>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>
  // CHECK: lz.reshape %{{[^ ,)]+}} {shape = #lz.dims<[3*n], 2>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[3*n] x 2 x f32>
  %1 = lz.reshape %x {shape = #lz.dims<[3*n], 2>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[3*n] x 2 x f32>
  // CHECK: lz.reshape_like %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  %2 = lz.reshape_like %x, %d : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  // CHECK: lz.flatten %{{[^ ,)]+}} {end_axis = -1, start_axis = 1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>
  %3 = lz.flatten %x {end_axis = -1, start_axis = 1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 6 x f32>
  // CHECK: lz.unflatten %{{[^ ,)]+}} {axis = 2, sizes = #lz.dims<3, -1>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x 1 x f32>
  %4 = lz.unflatten %x {axis = 2, sizes = #lz.dims<3, -1>} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x 1 x f32>
  // CHECK: lz.squeeze %{{[^ ,)]+}} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  %5 = lz.squeeze %u : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.squeeze %{{[^ ,)]+}} {axes = [1, -1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  %6 = lz.squeeze %u {axes = [1, -1]} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.unsqueeze %{{[^ ,)]+}} {axes = [0]} : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x 4 x f32>
  %7 = lz.unsqueeze %v {axes = [0]} : (!lz.tensor<4 x f32>) -> !lz.tensor<1 x 4 x f32>
  // CHECK: lz.transpose %{{[^ ,)]+}} {perm = [2, 0, 1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<3 x "n" x 2 x f32>
  %8 = lz.transpose %x {perm = [2, 0, 1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<3 x "n" x 2 x f32>
  // CHECK: lz.swap_axes %{{[^ ,)]+}} {axis0 = -1, axis1 = -2} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  %9 = lz.swap_axes %u {axis0 = -1, axis1 = -2} : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.expand %{{[^ ,)]+}} {shape = #lz.dims<"n", -1>} : (!lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %10 = lz.expand %v {shape = #lz.dims<"n", -1>} : (!lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.expand_like %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<4 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  %11 = lz.expand_like %v, %d : (!lz.tensor<4 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<* x f32>
  // CHECK: lz.pad %{{[^ ,)]+}} {begin = [1], end = [-2]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 2 x f32>
  %12 = lz.pad %x {begin = [1], end = [-2]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 2 x f32>
  // CHECK: lz.pad %{{[^ ,)]+}} {begin = [1, 0], end = [0, 1], value = 1.000000e+00} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>
  %13 = lz.pad %x {begin = [1, 0], end = [0, 1], value = 1.000000e+00} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>
  // CHECK: lz.repeat %{{[^ ,)]+}} {repeats = [2, 1, 1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[2*n] x 2 x 3 x f32>
  %14 = lz.repeat %x {repeats = [2, 1, 1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[2*n] x 2 x 3 x f32>
  // CHECK: lz.flip %{{[^ ,)]+}} {axes = [0, -1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  %15 = lz.flip %x {axes = [0, -1]} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  // CHECK: lz.concat %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 0} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[2*n] x 2 x 3 x f32>
  %16 = lz.concat %x, %x {axis = 0} : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<[2*n] x 2 x 3 x f32>
  // CHECK: lz.triangular %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  %17 = lz.triangular %x : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  // CHECK: lz.triangular %{{[^ ,)]+}} {diagonal = -1, upper = true} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  %18 = lz.triangular %x {diagonal = -1, upper = true} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<"n" x 2 x 3 x f32>
  // CHECK: lz.shape_of %{{[^ ,)]+}} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<3 x i64>
  %19 = lz.shape_of %x : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<3 x i64>
  // CHECK: lz.dim_of %{{[^ ,)]+}} {axis = -1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<i64>
  %20 = lz.dim_of %x {axis = -1} : (!lz.tensor<"n" x 2 x 3 x f32>) -> !lz.tensor<i64>
  // CHECK: lz.iota {shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  %21 = lz.iota {shape = #lz.dims<"n">} : () -> !lz.tensor<"n" x i64>
  // CHECK: lz.iota {axis = 1, shape = #lz.dims<2, 3>} : () -> !lz.tensor<2 x 3 x f32>
  %22 = lz.iota {axis = 1, shape = #lz.dims<2, 3>} : () -> !lz.tensor<2 x 3 x f32>
  // CHECK: lz.full {shape = #lz.dims<"n", 4>, value = 0.000000e+00} : () -> !lz.tensor<"n" x 4 x f32>
  %23 = lz.full {shape = #lz.dims<"n", 4>, value = 0.000000e+00} : () -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.full {shape = #lz.dims<>, value = 7} : () -> !lz.tensor<i64>
  %24 = lz.full {shape = #lz.dims<>, value = 7} : () -> !lz.tensor<i64>
  lz.return
}
