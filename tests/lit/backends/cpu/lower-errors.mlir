// RUN: lazuli-opt --split-input-file --verify-diagnostics --lz-lower-fused-to-linalg %s

// A region's shapes must be inferred first.
lz.func @unranked(%x: !lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  // expected-error @+1 {{cannot be lowered: found a tensor of unknown rank, expected a shape}}
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> {
  ^bb0(%a: !lz.tensor<* x f32>):
    %1 = lz.exp %a : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32>
    lz.yield %1 : !lz.tensor<* x f32>
  }
  lz.return %0 : !lz.tensor<* x f32>
}

// -----

// Kernels hold no data.
lz.func @large() -> !lz.tensor<65 x i64> {
  %0 = lz.fused "cpu"() : () -> !lz.tensor<65 x i64> {
    // expected-error @+1 {{in a fused region is too large: found 65 elements, expected at most 64}}
    %1 = lz.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64]> : tensor<65xi64>
    lz.yield %1 : !lz.tensor<65 x i64>
  }
  lz.return %0 : !lz.tensor<65 x i64>
}

// -----

// Parameters are inputs of a region.
lz.parameter "w" : !lz.tensor<4 x f32>
lz.func @parameter() -> !lz.tensor<4 x f32> {
  %0 = lz.fused "cpu"() : () -> !lz.tensor<4 x f32> {
    // expected-error @+1 {{has no lowering in the cpu backend}}
    %1 = lz.get_parameter "w" : !lz.tensor<4 x f32>
    lz.yield %1 : !lz.tensor<4 x f32>
  }
  lz.return %0 : !lz.tensor<4 x f32>
}
