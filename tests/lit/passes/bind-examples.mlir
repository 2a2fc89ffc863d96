// Arguments take element types and dimensions from examples.
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[2,3];mask=bool[2]" | FileCheck %s --check-prefix=ONE
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[2,3],x=[4,3]" | FileCheck %s --check-prefix=TWO
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[32,20] dynamic=x:0=batch[1..64]%%8,x:-1=width" | FileCheck %s --check-prefix=DYNAMIC
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f64[0,3],x=f64[1,3]" | FileCheck %s --check-prefix=EMPTY
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[7,3] dynamic=x:0=n" | FileCheck %s --check-prefix=SHARED
// RUN: lazuli-opt %s --lz-bind-examples | FileCheck %s --check-prefix=NOTHING

lz.symbol "n" dynamic {min = 2}
lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"},
                 %mask: !lz.tensor<"n" x i1> {lz.name = "mask"})
    -> (!lz.tensor<* x f32> {lz.name = "y"}) {
  lz.return %x : !lz.tensor<* x f32>
}

// An example binds every dimension that is not declared; a declared symbol stays.
// ONE: module attributes {lz.examples = [{mask = !lz.tensor<2 x i1>, x = !lz.tensor<2 x 3 x f32>}]}
// ONE: lz.func @forward(%{{.*}}: !lz.tensor<2 x 3 x f32> {lz.name = "x"}, %{{.*}}: !lz.tensor<"n" x i1> {lz.name = "mask"}) -> (!lz.tensor<2 x 3 x f32> {lz.name = "y"})

// What differs among examples is dynamic, named after input and axis.
// TWO: lz.examples = [{x = !lz.tensor<2 x 3 x f32>}, {x = !lz.tensor<4 x 3 x f32>}]
// TWO: lz.symbol "x.0" dynamic {min = 1}
// TWO: !lz.tensor<"x.0" x 3 x f32> {lz.name = "x"}

// The user names dynamic dimensions, with range and divisor.
// DYNAMIC-DAG: lz.symbol "batch" dynamic {divisor = 8, max = 64, min = 1}
// DYNAMIC-DAG: lz.symbol "width" dynamic {min = 1}
// DYNAMIC: !lz.tensor<"batch" x "width" x f32> {lz.name = "x"}

// An empty example allows empty tensors; floats of another width are bound.
// EMPTY: lz.symbol "x.0" dynamic{{ *$}}
// EMPTY: !lz.tensor<"x.0" x 3 x f64> {lz.name = "x"}

// A name that is declared already is the same dimension.
// SHARED-COUNT-1: lz.symbol "n" dynamic {min = 2}
// SHARED: !lz.tensor<"n" x 3 x f32> {lz.name = "x"}, %{{.*}}: !lz.tensor<"n" x i1>

// NOTHING: !lz.tensor<* x f32> {lz.name = "x"}
