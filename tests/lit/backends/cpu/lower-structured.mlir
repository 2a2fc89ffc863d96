// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// Axes of dimension 1 and loops of one iteration are left out.
// CHECK-LABEL: func.func @kernel
// CHECK: %[[X:[a-z0-9_]+]] = tensor.collapse_shape %{{.*}} {{\[}}[0, 1], [2]] : tensor<2x1x8xf32> into tensor<2x8xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]} ins(%[[X]]
// CHECK: tensor.expand_shape %{{.*}} : tensor<2xf32> into tensor<2x1x1xf32>
lz.func @units(%x: !lz.tensor<2 x 1 x 8 x f32>) -> !lz.tensor<2 x 1 x 1 x f32> {
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<2 x 1 x 8 x f32>) -> !lz.tensor<2 x 1 x 1 x f32> {
  ^bb0(%a: !lz.tensor<2 x 1 x 8 x f32>):
    %1 = lz.reduce sum %a {axes = [2], keep_dims = true} : (!lz.tensor<2 x 1 x 8 x f32>) -> !lz.tensor<2 x 1 x 1 x f32>
    lz.yield %1 : !lz.tensor<2 x 1 x 1 x f32>
  }
  lz.return %0 : !lz.tensor<2 x 1 x 1 x f32>
}

// -----

// A transpose is a way of reading; the product is a contraction in place.
// CHECK: #[[LHS:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK: #[[RHS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-LABEL: func.func @kernel(
// CHECK-SAME: %[[A:[a-z0-9_]+]]: tensor<4x8xf32>, %[[B:[a-z0-9_]+]]: tensor<6x8xf32>, %[[OUT:[a-z0-9_]+]]: tensor<4x6xf32>)
// CHECK: %[[INIT:[a-z0-9_]+]] = linalg.fill {{.*}} outs(%[[OUT]]
// CHECK: linalg.generic {indexing_maps = [#[[LHS]], #[[RHS]], {{.*}} ins(%[[A]], %[[B]] {{.*}} outs(%[[INIT]]
// CHECK: arith.mulf
// CHECK: arith.addf
lz.func @transposed(%x: !lz.tensor<4 x 8 x f32>, %y: !lz.tensor<6 x 8 x f32>) -> !lz.tensor<4 x 6 x f32> {
  %0 = lz.fused "cpu"(%x, %y) : (!lz.tensor<4 x 8 x f32>, !lz.tensor<6 x 8 x f32>) -> !lz.tensor<4 x 6 x f32> {
  ^bb0(%a: !lz.tensor<4 x 8 x f32>, %b: !lz.tensor<6 x 8 x f32>):
    %1 = lz.transpose %b {perm = [1, 0]} : (!lz.tensor<6 x 8 x f32>) -> !lz.tensor<8 x 6 x f32>
    %2 = lz.matmul %a, %1 : (!lz.tensor<4 x 8 x f32>, !lz.tensor<8 x 6 x f32>) -> !lz.tensor<4 x 6 x f32>
    lz.yield %2 : !lz.tensor<4 x 6 x f32>
  }
  lz.return %0 : !lz.tensor<4 x 6 x f32>
}

// -----

// bf16 accumulates in f32 and is rounded once, after the bias was added.
// CHECK-LABEL: func.func @kernel
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: ^bb0(%{{.*}}: bf16, %{{.*}}: bf16, %[[ACC:[a-z0-9_]+]]: f32):
// CHECK: arith.addf %[[ACC]]
// CHECK: -> tensor<?x6xf32>
// CHECK: arith.addf
// CHECK: arith.truncf %{{.*}} : f32 to bf16
lz.func @linear(%x: !lz.tensor<"n" x 8 x bf16>, %w: !lz.tensor<6 x 8 x bf16>, %b: !lz.tensor<6 x bf16>) -> !lz.tensor<"n" x 6 x bf16> {
  %0 = lz.fused "cpu"(%x, %w, %b) : (!lz.tensor<"n" x 8 x bf16>, !lz.tensor<6 x 8 x bf16>, !lz.tensor<6 x bf16>) -> !lz.tensor<"n" x 6 x bf16> {
  ^bb0(%a: !lz.tensor<"n" x 8 x bf16>, %c: !lz.tensor<6 x 8 x bf16>, %d: !lz.tensor<6 x bf16>):
    %1 = lz.linear %a, %c, %d : (!lz.tensor<"n" x 8 x bf16>, !lz.tensor<6 x 8 x bf16>, !lz.tensor<6 x bf16>) -> !lz.tensor<"n" x 6 x bf16>
    lz.yield %1 : !lz.tensor<"n" x 6 x bf16>
  }
  lz.return %0 : !lz.tensor<"n" x 6 x bf16>
}

// -----

// Without padding a convolution reads the source at affine positions.
// CHECK: affine_map<(d0, d1, d2, d3, d4) -> (d0, d3, d2 * 2 + d4)>
// CHECK-LABEL: func.func @kernel
// CHECK-NOT: tensor.extract
// CHECK: arith.mulf
lz.func @conv(%x: !lz.tensor<2 x 3 x 9 x f32>, %w: !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<2 x 4 x 4 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<2 x 3 x 9 x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<2 x 4 x 4 x f32> {
  ^bb0(%a: !lz.tensor<2 x 3 x 9 x f32>, %b: !lz.tensor<4 x 3 x 3 x f32>):
    %1 = lz.conv %a, %b {strides = [2], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<2 x 3 x 9 x f32>, !lz.tensor<4 x 3 x 3 x f32>) -> !lz.tensor<2 x 4 x 4 x f32>
    lz.yield %1 : !lz.tensor<2 x 4 x 4 x f32>
  }
  lz.return %0 : !lz.tensor<2 x 4 x 4 x f32>
}

// -----

// Indices are checked by a loop nest of their own, one check per index.
// CHECK: func.func private @lz_index_error(i32, i64, i64)
// CHECK-LABEL: func.func @kernel
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]}
// CHECK: scf.if
// CHECK: func.call @lz_index_error
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "parallel"]}
// CHECK-NOT: func.call
// CHECK: tensor.extract
lz.func @gather(%x: !lz.tensor<10 x 4 x f32>, %i: !lz.tensor<"n" x i64>) -> !lz.tensor<"n" x 4 x f32> {
  %0 = lz.fused "cpu"(%x, %i) : (!lz.tensor<10 x 4 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<"n" x 4 x f32> {
  ^bb0(%a: !lz.tensor<10 x 4 x f32>, %b: !lz.tensor<"n" x i64>):
    %1 = lz.gather %a, %b {axis = 0} : (!lz.tensor<10 x 4 x f32>, !lz.tensor<"n" x i64>) -> !lz.tensor<"n" x 4 x f32>
    lz.yield %1 : !lz.tensor<"n" x 4 x f32>
  }
  lz.return %0 : !lz.tensor<"n" x 4 x f32>
}

// -----

// What a flip reads is computed where it is read: one loop nest for both.
// CHECK-LABEL: func.func @kernel
// CHECK-COUNT-1: linalg.generic
// CHECK: tensor.extract
// CHECK: math.exp
// CHECK-NOT: linalg.generic
// CHECK: return
lz.func @inlined(%x: !lz.tensor<8 x f32>) -> !lz.tensor<8 x f32> {
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<8 x f32>) -> !lz.tensor<8 x f32> {
  ^bb0(%a: !lz.tensor<8 x f32>):
    %1 = lz.exp %a : (!lz.tensor<8 x f32>) -> !lz.tensor<8 x f32>
    %2 = lz.flip %1 {axes = [0]} : (!lz.tensor<8 x f32>) -> !lz.tensor<8 x f32>
    lz.yield %2 : !lz.tensor<8 x f32>
  }
  lz.return %0 : !lz.tensor<8 x f32>
}

// -----

// A running sum is sequential along its axis, parallel along the others.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall (%{{.*}}) in (%{{.*}}) shared_outs
// CHECK: scf.for
// CHECK: tensor.insert
// CHECK: tensor.parallel_insert_slice
lz.func @cumulative(%x: !lz.tensor<"n" x 8 x f32>) -> !lz.tensor<"n" x 8 x f32> {
  %0 = lz.fused "cpu"(%x) : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<"n" x 8 x f32> {
  ^bb0(%a: !lz.tensor<"n" x 8 x f32>):
    %1 = lz.cumulative sum %a {axis = 1} : (!lz.tensor<"n" x 8 x f32>) -> !lz.tensor<"n" x 8 x f32>
    lz.yield %1 : !lz.tensor<"n" x 8 x f32>
  }
  lz.return %0 : !lz.tensor<"n" x 8 x f32>
}

// -----

// Rows of inputs are copied source by source, in parallel; a task is so many rows.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall ({{.*}}) in (40)
// CHECK: tensor.insert_slice {{.*}}[0] [5] [1] : tensor<5xf32> into tensor<8xf32>
// CHECK: tensor.insert_slice {{.*}}[5] [3] [1] : tensor<3xf32> into tensor<8xf32>
// CHECK: lz.grain = 4096 : i64
lz.func @rows(%x: !lz.tensor<40 x 5 x f32>, %y: !lz.tensor<40 x 3 x f32>) -> !lz.tensor<40 x 8 x f32> {
  %0 = lz.fused "cpu"(%x, %y) : (!lz.tensor<40 x 5 x f32>, !lz.tensor<40 x 3 x f32>) -> !lz.tensor<40 x 8 x f32> {
  ^bb0(%a: !lz.tensor<40 x 5 x f32>, %b: !lz.tensor<40 x 3 x f32>):
    %1 = lz.concat %a, %b {axis = 1} : (!lz.tensor<40 x 5 x f32>, !lz.tensor<40 x 3 x f32>) -> !lz.tensor<40 x 8 x f32>
    lz.yield %1 : !lz.tensor<40 x 8 x f32>
  }
  lz.return %0 : !lz.tensor<40 x 8 x f32>
}

// -----

// Attention is a grid over heads and blocks of queries; each unit passes over blocks of
// keys, up to those that its last query may look at. Scores have queries inside. The last
// block of queries is smaller, and apart.
// CHECK-DAG: #[[QUERIES:.*]] = affine_map<(d0, d1, d2) -> (d2, d0)>
// CHECK-DAG: #[[KEYS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK-DAG: #[[SCORES:.*]] = affine_map<(d0, d1, d2) -> (d1, d0)>
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall (%{{.*}}, %{{.*}}, %{{.*}}) in (1, 12, 9)
// CHECK: scf.if
// CHECK: tensor.empty() : tensor<64x112xf32>
// CHECK: %[[END:.*]] = affine.min
// CHECK: scf.for %{{.*}} = %{{.*}} to %[[END]] step %{{.*}} iter_args
// CHECK: linalg.generic {indexing_maps = [#[[QUERIES]], #[[KEYS]], #[[SCORES]]]
// CHECK: scf.if
// CHECK: arith.select
// CHECK: math.exp2 {{.*}} fastmath<afn>
// CHECK: } else {
// CHECK: tensor.empty() : tensor<64x104xf32>
// CHECK: tensor.parallel_insert_slice
lz.func @causal(%q: !lz.tensor<1 x 12 x 1000 x 64 x f32>) -> !lz.tensor<1 x 12 x 1000 x 64 x f32> {
  %0 = lz.fused "cpu"(%q) : (!lz.tensor<1 x 12 x 1000 x 64 x f32>) -> !lz.tensor<1 x 12 x 1000 x 64 x f32> {
  ^bb0(%a: !lz.tensor<1 x 12 x 1000 x 64 x f32>):
    %1 = lz.attention %a, %a, %a {causal = true} : (!lz.tensor<1 x 12 x 1000 x 64 x f32>, !lz.tensor<1 x 12 x 1000 x 64 x f32>, !lz.tensor<1 x 12 x 1000 x 64 x f32>) -> !lz.tensor<1 x 12 x 1000 x 64 x f32>
    lz.yield %1 : !lz.tensor<1 x 12 x 1000 x 64 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 12 x 1000 x 64 x f32>
}

// -----

// One query of each of several heads that share keys: queries of one head, which few
// as they are have keys inside.
// CHECK: #[[QUERIES:.*]] = affine_map<(d0, d1, d2) -> (d0, d2)>
// CHECK: #[[KEYS:.*]] = affine_map<(d0, d1, d2) -> (d1, d2)>
// CHECK: #[[SCORES:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall (%{{.*}}, %{{.*}}) in (2, 1)
// CHECK: tensor.empty() : tensor<4x64xf32>
// CHECK-NOT: scf.for
// CHECK: linalg.generic {indexing_maps = [#[[QUERIES]], #[[KEYS]], #[[SCORES]]]
lz.func @shared_keys(%q: !lz.tensor<2 x 4 x 1 x 64 x f32>, %k: !lz.tensor<2 x 1 x 200 x 64 x f32>) -> !lz.tensor<2 x 4 x 1 x 64 x f32> {
  %0 = lz.fused "cpu"(%q, %k) : (!lz.tensor<2 x 4 x 1 x 64 x f32>, !lz.tensor<2 x 1 x 200 x 64 x f32>) -> !lz.tensor<2 x 4 x 1 x 64 x f32> {
  ^bb0(%a: !lz.tensor<2 x 4 x 1 x 64 x f32>, %b: !lz.tensor<2 x 1 x 200 x 64 x f32>):
    %1 = lz.attention %a, %b, %b : (!lz.tensor<2 x 4 x 1 x 64 x f32>, !lz.tensor<2 x 1 x 200 x 64 x f32>, !lz.tensor<2 x 1 x 200 x 64 x f32>) -> !lz.tensor<2 x 4 x 1 x 64 x f32>
    lz.yield %1 : !lz.tensor<2 x 4 x 1 x 64 x f32>
  }
  lz.return %0 : !lz.tensor<2 x 4 x 1 x 64 x f32>
}
