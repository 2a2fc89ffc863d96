// Values come from the weight file; what is missing from it, where that is
// allowed, is initialized; an explicit and a lazy layer draw the same numbers.
// RUN: lazuli-opt %s --lz-bind-weights="zero-weights=a.weight=bf16[2,2] strict=false convert=true" --lz-infer-shapes --lz-materialize="zero-weights=a.weight=bf16[2,2] strict=false convert=true" | FileCheck %s
// RUN: lazuli-opt %s --lz-bind-examples="examples=x=f32[1,2]" --lz-infer-shapes --lz-materialize -o %t.lazy.mlir
// RUN: sed -e 's/x "a.in_features" x/x 2 x/' -e '/lz.symbol/d' %s | lazuli-opt --lz-bind-examples="examples=x=f32[1,2]" --lz-infer-shapes --lz-materialize -o %t.explicit.mlir
// RUN: grep lz.parameter %t.lazy.mlir > %t.lazy.txt
// RUN: grep lz.parameter %t.explicit.mlir | diff - %t.lazy.txt
// RUN: not lazuli-opt %s --lz-materialize="zero-weights=a.weight=f32[2,2]" 2>&1 | FileCheck %s --check-prefix=STRICT

// CHECK: lz.parameter "a.weight" {{.*}}value = dense<0.000000e+00> : tensor<2x2xf32>
// CHECK: lz.parameter "a.bias" {{.*}}value = dense<1.000000e+00> : tensor<2xf32>
// STRICT: error: zero-weights does not fit the model:
// STRICT-NEXT: missing: 'a.bias'
lz.symbol "batch" dynamic {min = 1}
lz.symbol "a.in_features" lazy {module = "LazyLinear 'a'", field = "in_features"}
lz.parameter "a.weight" : !lz.tensor<2 x "a.in_features" x f32> {init = #lz.kaiming_uniform<2.2360679774997898>}
lz.parameter "a.bias" : !lz.tensor<2 x f32> {init = #lz.fill<1.0>}
lz.func @forward(%x: !lz.tensor<"batch" x 2 x f32> {lz.name = "x"}) -> !lz.tensor<* x f32> {
  %w = lz.get_parameter "a.weight" : !lz.tensor<2 x "a.in_features" x f32>
  %b = lz.get_parameter "a.bias" : !lz.tensor<2 x f32>
  %y = lz.linear %x, %w, %b : (!lz.tensor<"batch" x 2 x f32>, !lz.tensor<2 x "a.in_features" x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<* x f32> loc("a")
  lz.return %y : !lz.tensor<* x f32>
}
