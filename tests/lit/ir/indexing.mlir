// Slices, gathers, scatters: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @indexing
lz.func @indexing(%x: !lz.tensor<"n" x 4 x f32>, %i: !lz.tensor<"k" x i64>, %j: !lz.tensor<"n" x 1 x i64>, %p: !lz.tensor<2 x 4 x 8 x f32>, %u: !lz.tensor<"n" x 1 x f32>) {
  // CHECK: lz.slice %{{[^ ,)]+}} {axis = 1, begin = #lz.dim<1>, end = #lz.dim<-1>} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 2 x f32>
  %0 = lz.slice %x {axis = 1, begin = #lz.dim<1>, end = #lz.dim<-1>} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 2 x f32>
  // CHECK: lz.slice %{{[^ ,)]+}} {axis = 0, begin = #lz.dim<[n - 1]>, end = #lz.dim<-9223372036854775808>, step = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %1 = lz.slice %x {axis = 0, begin = #lz.dim<[n - 1]>, end = #lz.dim<-9223372036854775808>, step = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.slice %{{[^ ,)]+}} {axis = 0, begin = #lz.dim<0>, end = #lz.dim<"n">, step = 2} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  %2 = lz.slice %x {axis = 0, begin = #lz.dim<0>, end = #lz.dim<"n">, step = 2} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<* x f32>
  // CHECK: lz.select_index %{{[^ ,)]+}} {axis = 1, index = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x f32>
  %3 = lz.select_index %x {axis = 1, index = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x f32>
  // CHECK: lz.gather %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"k" x 4 x f32>
  %4 = lz.gather %x, %i : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"k" x 4 x f32>
  // CHECK: lz.gather %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"n" x "k" x f32>
  %5 = lz.gather %x, %i {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"n" x "k" x f32>
  // CHECK: lz.gather_panels %{{[^ ,)]+}}, %{{[^ ,)]+}} {rows = 13} : (!lz.tensor<2 x 4 x 8 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"k" x 4 x f32>
  %panels = lz.gather_panels %p, %i {rows = 13} : (!lz.tensor<2 x 4 x 8 x f32>, !lz.tensor<"k" x i64>) -> !lz.tensor<"k" x 4 x f32>
  // CHECK: lz.gather_elements %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x 1 x f32>
  %6 = lz.gather_elements %x, %j {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>) -> !lz.tensor<"n" x 1 x f32>
  // CHECK: lz.scatter_elements none %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %snone = lz.scatter_elements none %x, %j, %u {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.scatter_elements add %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %sadd = lz.scatter_elements add %x, %j, %u {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.scatter_elements mul %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %smul = lz.scatter_elements mul %x, %j, %u {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.scatter_elements max %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %smax = lz.scatter_elements max %x, %j, %u {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  // CHECK: lz.scatter_elements min %{{[^ ,)]+}}, %{{[^ ,)]+}}, %{{[^ ,)]+}} {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  %smin = lz.scatter_elements min %x, %j, %u {axis = 1} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<"n" x 1 x i64>, !lz.tensor<"n" x 1 x f32>) -> !lz.tensor<"n" x 4 x f32>
  lz.return
}
