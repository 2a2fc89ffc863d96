// A dimension that the user gives another name has it wherever the model mentions it.
// RUN: lazuli-opt %s --lz-bind-examples="dynamic=x:0=seq[1..64]" | FileCheck %s

lz.symbol "s" dynamic {min = 1}
// CHECK: lz.symbol "seq" dynamic {max = 64, min = 1}
// CHECK: !lz.tensor<"seq" x 2 x f32> {lz.name = "x"}
lz.func @forward(%x: !lz.tensor<"s" x 2 x f32> {lz.name = "x"})
    -> (!lz.tensor<"s" x f32> {lz.name = "y"}) {
  // CHECK: lz.full {shape = #lz.dims<"seq">, {{.*}}} : () -> !lz.tensor<"seq" x f32>
  %y = lz.full {shape = #lz.dims<"s">, value = 1.0} : () -> !lz.tensor<"s" x f32>
  lz.return %y : !lz.tensor<"s" x f32>
}
