// A sequence or an optional takes no example: it stays as it is declared;
// what an optional holds may be given, and says nothing.
// RUN: lazuli-opt %s "--lz-bind-examples=examples=x=f32[2,3]" --lz-infer-shapes | FileCheck %s
// RUN: lazuli-opt %s "--lz-bind-examples=examples=o=f32[3];x=f32[2,3]" --lz-infer-shapes | FileCheck %s
// RUN: not lazuli-opt %s "--lz-bind-examples=examples=s=f32[2];x=f32[2]" 2>&1 | FileCheck %s --check-prefix=EXAMPLE
// RUN: not lazuli-opt %s "--lz-bind-examples=examples=x=f32[2] dynamic=s:0=n" 2>&1 | FileCheck %s --check-prefix=DYNAMIC

// CHECK: lz.func @forward(%{{.*}}: !lz.sequence<!lz.tensor<* x f32>> {lz.name = "s"}, %{{.*}}: !lz.optional<!lz.tensor<3 x f32>> {lz.name = "o"}, %{{.*}}: !lz.tensor<2 x 3 x f32> {lz.name = "x"})
// CHECK-SAME: -> (!lz.tensor<2 x 3 x f32>, !lz.sequence<!lz.tensor<* x f32>>)
// EXAMPLE: input 's' is sequence of f32[...], expected no example of it
// DYNAMIC: input 's' is sequence of f32[...], expected no dynamic dimension of it
lz.func @forward(%s: !lz.sequence<!lz.tensor<* x f32>> {lz.name = "s"}, %o: !lz.optional<!lz.tensor<3 x f32>> {lz.name = "o"}, %x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32>, !lz.sequence<!lz.tensor<* x f32>>) {
  %y = lz.exp %x : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
  lz.return %y, %s : !lz.tensor<* x f32>, !lz.sequence<!lz.tensor<* x f32>>
}
