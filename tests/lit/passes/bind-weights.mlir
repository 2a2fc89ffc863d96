// Shapes of weights solve lazy symbols; the file's type may differ in width if asked.
// RUN: lazuli-opt %s --lz-bind-weights="zero-weights=0.weight=f32[64,20],1.weight=f32[64],1.num_batches_tracked=i64[]" | FileCheck %s
// RUN: lazuli-opt %s --lz-bind-weights="zero-weights=0.weight=f32[64,20],1.weight=f32[64]" | FileCheck %s
// RUN: lazuli-opt %s --lz-bind-weights="zero-weights=0.weight=bf16[64,20],1.weight=f32[64] convert=true" | FileCheck %s
// RUN: lazuli-opt %s --lz-bind-weights="zero-weights=0.weight=f32[64,20],other=f32[1] strict=false" | FileCheck %s --check-prefix=PARTIAL

// CHECK: lz.symbol "0.in_features" lazy {{.*}}lz.origin = "'0.weight' in zero-weights", lz.solution = 20,
// CHECK: lz.symbol "1.num_features" lazy {{.*}}lz.origin = "'1.weight' in zero-weights", lz.solution = 64,
// PARTIAL: lz.symbol "0.in_features" lazy {{.*}}lz.solution = 20
// PARTIAL: lz.symbol "1.num_features" lazy
// PARTIAL-NOT: lz.solution
lz.symbol "0.in_features" lazy {module = "LazyLinear '0'", field = "in_features"}
lz.symbol "1.num_features" lazy {module = "LazyBatchNorm1d '1'", field = "num_features"}
lz.parameter "0.weight" : !lz.tensor<64 x "0.in_features" x f32>
lz.parameter "1.weight" : !lz.tensor<"1.num_features" x f32>
// Old checkpoints have no num_batches_tracked, and no file has generator states.
lz.state "1.num_batches_tracked" : !lz.tensor<i64> {init = #lz.fill<0.0>}
lz.state "rng.seed" : !lz.tensor<i64> {init = #lz.fill<0.0>}

// Everything that is wrong stands in one message.
// RUN: not lazuli-opt %s --lz-bind-weights="zero-weights=0.weight=f64[63,20],2.weight=f32[4],3.bias=f32[1]" 2>&1 | FileCheck %s --check-prefix=ALL
// ALL: error: zero-weights does not fit the model:
// ALL-NEXT: missing: '1.weight'
// ALL-NEXT: unexpected: '2.weight', '3.bias'
// ALL-NEXT: '0.weight' has the shape [63, 20], expected [64, "0.in_features"]
// ALL-NEXT: '0.weight' is f64, expected f32
// ALL-NOT: error

// Two weights that solve one symbol differently; ranks that differ.
// RUN: not lazuli-opt %S/Inputs/norm.mlir --lz-bind-weights="zero-weights=bn.weight=f32[64],bn.bias=f32[32],bn.other=f32[64,1]" 2>&1 | FileCheck %s --check-prefix=CONFLICT
// CONFLICT: 'bn.bias' has the shape [32], expected [64]
// CONFLICT-NEXT: 'bn.other' has the shape [64, 1], expected [64]
