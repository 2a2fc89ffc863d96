// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// Units of one panel and up to 48 rows; each is a product of two matrices, and the bias is an op of
// its own that code generation moves in. Groups of 136 blocks, as many as a cache holds, meet all
// three panels one after the other: 408 units.
// CHECK-DAG: #[[ROW:.*]] = affine_map<()[s0] -> (s0 * 48)>
// CHECK-DAG: #[[ROWS:.*]] = affine_map<()[s0, s1] -> (48, s0 - s1 * 48)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<()[s0] -> (s0 * 64)>
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall (%[[U:.*]]) in (%{{.*}}) shared_outs
// CHECK-DAG: %[[UNITS:.*]] = arith.constant 408 : index
// CHECK-DAG: %[[MOST:.*]] = arith.constant 136 : index
// CHECK: %[[G:.*]] = arith.divui %[[U]], %[[UNITS]]
// CHECK: %[[FIRST:.*]] = arith.muli %[[G]], %[[MOST]]
// CHECK: %[[WITHIN:.*]] = arith.remui %[[U]], %[[UNITS]]
// CHECK: %[[LEFT:.*]] = arith.subi %{{.*}}, %[[FIRST]]
// CHECK: %[[SIZE:.*]] = arith.minui %[[MOST]], %[[LEFT]]
// CHECK: %[[B:.*]] = arith.remui %[[WITHIN]], %[[SIZE]]
// CHECK: %[[R:.*]] = arith.addi %[[FIRST]], %[[B]]
// CHECK: %[[P:.*]] = arith.divui %[[WITHIN]], %[[SIZE]]
// CHECK-DAG: %[[N:.*]] = affine.apply #[[COLUMN]]()[%[[P]]]
// CHECK-DAG: %[[AT:.*]] = affine.apply #[[ROW]]()[%[[R]]]
// CHECK-DAG: %[[COUNT:.*]] = affine.min #[[ROWS]]()[%{{.*}}, %[[R]]]
// CHECK: tensor.extract_slice %{{.*}}[%[[AT]], 0] [%[[COUNT]], 40] [1, 1]
// CHECK: tensor.extract_slice %{{.*}}[%[[P]], 0, 0] [1, 40, 64] [1, 1, 1] : {{.*}} to tensor<40x64xf32>
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: tensor.parallel_insert_slice %{{.*}} into %{{.*}}[%[[AT]], %[[N]]] [%[[COUNT]], 64] [1, 1]
// CHECK: arith.addf
lz.symbol "n" dynamic
lz.func @free(%x: !lz.tensor<"n" x 40 x f32>, %w: !lz.tensor<3 x 40 x 64 x f32>, %v: !lz.tensor<192 x f32>) -> !lz.tensor<"n" x 192 x f32> {
  %0 = lz.fused "cpu"(%x, %w, %v) : (!lz.tensor<"n" x 40 x f32>, !lz.tensor<3 x 40 x 64 x f32>, !lz.tensor<192 x f32>) -> !lz.tensor<"n" x 192 x f32> {
  ^bb0(%a: !lz.tensor<"n" x 40 x f32>, %b: !lz.tensor<3 x 40 x 64 x f32>, %c: !lz.tensor<192 x f32>):
    %1 = lz.linear %a, %b, %c : (!lz.tensor<"n" x 40 x f32>, !lz.tensor<3 x 40 x 64 x f32>, !lz.tensor<192 x f32>) -> !lz.tensor<"n" x 192 x f32>
    lz.yield %1 : !lz.tensor<"n" x 192 x f32>
  }
  lz.return %0 : !lz.tensor<"n" x 192 x f32>
}

// -----

// Rows of all leading axes are one axis, and known ones are cut into equal blocks, the panel the
// slowest.
// CHECK-LABEL: func.func @kernel
// CHECK: tensor.collapse_shape {{.*}} : tensor<2x96x40xf32> into tensor<192x40xf32>
// CHECK: scf.forall ({{.*}}) in (1, 4) shared_outs
// CHECK: ins(%{{.*}} : tensor<48x40xf32>, tensor<40x48xf32>)
// CHECK: tensor.expand_shape {{.*}} : tensor<192x48xf32> into tensor<2x96x48xf32>
lz.func @known(%x: !lz.tensor<2 x 1 x 96 x 40 x f32>, %w: !lz.tensor<1 x 40 x 48 x f32>) -> !lz.tensor<2 x 1 x 96 x 48 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<2 x 1 x 96 x 40 x f32>, !lz.tensor<1 x 40 x 48 x f32>) -> !lz.tensor<2 x 1 x 96 x 48 x f32> {
  ^bb0(%a: !lz.tensor<2 x 1 x 96 x 40 x f32>, %b: !lz.tensor<1 x 40 x 48 x f32>):
    %1 = lz.linear %a, %b : (!lz.tensor<2 x 1 x 96 x 40 x f32>, !lz.tensor<1 x 40 x 48 x f32>) -> !lz.tensor<2 x 1 x 96 x 48 x f32>
    lz.yield %1 : !lz.tensor<2 x 1 x 96 x 48 x f32>
  }
  lz.return %0 : !lz.tensor<2 x 1 x 96 x 48 x f32>
}

// -----

// What is added to each of the leading axes keeps them apart.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall ({{.*}}) in (1, 2, 2) shared_outs
// CHECK: ins(%{{.*}} : tensor<1x48x40xf32>, tensor<40x48xf32>)
lz.func @apart(%x: !lz.tensor<2 x 96 x 40 x f32>, %w: !lz.tensor<1 x 40 x 48 x f32>, %p: !lz.tensor<96 x 48 x f32>) -> !lz.tensor<2 x 96 x 48 x f32> {
  %0 = lz.fused "cpu"(%x, %w, %p) : (!lz.tensor<2 x 96 x 40 x f32>, !lz.tensor<1 x 40 x 48 x f32>, !lz.tensor<96 x 48 x f32>) -> !lz.tensor<2 x 96 x 48 x f32> {
  ^bb0(%a: !lz.tensor<2 x 96 x 40 x f32>, %b: !lz.tensor<1 x 40 x 48 x f32>, %c: !lz.tensor<96 x 48 x f32>):
    %1 = lz.linear %a, %b : (!lz.tensor<2 x 96 x 40 x f32>, !lz.tensor<1 x 40 x 48 x f32>) -> !lz.tensor<2 x 96 x 48 x f32>
    %2 = lz.add %1, %c : (!lz.tensor<2 x 96 x 48 x f32>, !lz.tensor<96 x 48 x f32>) -> !lz.tensor<2 x 96 x 48 x f32>
    lz.yield %2 : !lz.tensor<2 x 96 x 48 x f32>
  }
  lz.return %0 : !lz.tensor<2 x 96 x 48 x f32>
}

// -----

// Rows of 12 KB: 9 blocks of 48 are groups of 5, of two panels each.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall ({{.*}}) in (18) shared_outs
// CHECK-DAG: arith.constant 10 : index
// CHECK-DAG: arith.constant 5 : index
lz.func @many(%x: !lz.tensor<432 x 3072 x f32>, %w: !lz.tensor<2 x 3072 x 64 x f32>) -> !lz.tensor<432 x 128 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<432 x 3072 x f32>, !lz.tensor<2 x 3072 x 64 x f32>) -> !lz.tensor<432 x 128 x f32> {
  ^bb0(%a: !lz.tensor<432 x 3072 x f32>, %b: !lz.tensor<2 x 3072 x 64 x f32>):
    %1 = lz.linear %a, %b : (!lz.tensor<432 x 3072 x f32>, !lz.tensor<2 x 3072 x 64 x f32>) -> !lz.tensor<432 x 128 x f32>
    lz.yield %1 : !lz.tensor<432 x 128 x f32>
  }
  lz.return %0 : !lz.tensor<432 x 128 x f32>
}

// -----

// One row has no blocks.
// CHECK-LABEL: func.func @kernel
// CHECK-NOT: scf.forall
// CHECK: linalg.generic {{.*}}outs(%{{.*}} : tensor<192xf32>)
lz.func @row(%x: !lz.tensor<1 x 40 x f32>, %w: !lz.tensor<3 x 40 x 64 x f32>) -> !lz.tensor<1 x 192 x f32> {
  %0 = lz.fused "cpu"(%x, %w) : (!lz.tensor<1 x 40 x f32>, !lz.tensor<3 x 40 x 64 x f32>) -> !lz.tensor<1 x 192 x f32> {
  ^bb0(%a: !lz.tensor<1 x 40 x f32>, %b: !lz.tensor<3 x 40 x 64 x f32>):
    %1 = lz.linear %a, %b : (!lz.tensor<1 x 40 x f32>, !lz.tensor<3 x 40 x 64 x f32>) -> !lz.tensor<1 x 192 x f32>
    lz.yield %1 : !lz.tensor<1 x 192 x f32>
  }
  lz.return %0 : !lz.tensor<1 x 192 x f32>
}
