// RUN: lazuli-opt --split-input-file --lz-lower-fused-to-linalg %s | FileCheck %s

// A grid of blocks of sequences; in each step and block of hidden units the product of the
// states before, which stand in the output and are none in the first step, and the cells.
// CHECK-LABEL: func.func @kernel
// CHECK: scf.forall {{.*}} in (2) shared_outs
// CHECK: scf.for %[[T:.*]] = {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (tensor<5x4x32xf32>, tensor<4x32xf32>)
// CHECK: scf.for {{.*}} iter_args(%[[Y:[^ ]*]] = {{.*}} -> (tensor<5x4x32xf32>, tensor<4x32xf32>)
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[T]]
// CHECK: linalg.fill {{.*}} tensor<4x48xf32>
// CHECK: %[[K:.*]] = arith.select %[[FIRST]]
// CHECK: tensor.extract_slice %[[Y]]{{.*}} to tensor<4x?xf32>
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel"]
// CHECK: math.tanh
// CHECK: scf.forall.in_parallel
// CHECK-COUNT-2: tensor.parallel_insert_slice
lz.func @gru(%x: !lz.tensor<5 x 8 x 2 x 48 x f32>, %w: !lz.tensor<2 x 32 x 48 x f32>) -> (!lz.tensor<5 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>) {
  %0:2 = lz.fused "cpu"(%x, %w) : (!lz.tensor<5 x 8 x 2 x 48 x f32>, !lz.tensor<2 x 32 x 48 x f32>) -> (!lz.tensor<5 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>) {
  ^bb0(%a: !lz.tensor<5 x 8 x 2 x 48 x f32>, %b: !lz.tensor<2 x 32 x 48 x f32>):
    %1:2 = lz.recurrent_steps gru %a weights %b : (!lz.tensor<5 x 8 x 2 x 48 x f32>, !lz.tensor<2 x 32 x 48 x f32>) -> (!lz.tensor<5 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>)
    lz.yield %1#0, %1#1 : !lz.tensor<5 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>
  }
  lz.return %0#0, %0#1 : !lz.tensor<5 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>
}

// -----

// Without a step the state stays as it was.
// CHECK-LABEL: func.func @kernel
// CHECK-NOT: scf.forall
// CHECK: return
lz.func @none(%x: !lz.tensor<0 x 8 x 2 x 16 x f32>, %w: !lz.tensor<2 x 32 x 16 x f32>, %h: !lz.tensor<8 x 32 x f32>) -> (!lz.tensor<0 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>) {
  %0:2 = lz.fused "cpu"(%x, %w, %h) : (!lz.tensor<0 x 8 x 2 x 16 x f32>, !lz.tensor<2 x 32 x 16 x f32>, !lz.tensor<8 x 32 x f32>) -> (!lz.tensor<0 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>) {
  ^bb0(%a: !lz.tensor<0 x 8 x 2 x 16 x f32>, %b: !lz.tensor<2 x 32 x 16 x f32>, %c: !lz.tensor<8 x 32 x f32>):
    %1:2 = lz.recurrent_steps rnn_tanh %a weights %b h0 %c : (!lz.tensor<0 x 8 x 2 x 16 x f32>, !lz.tensor<2 x 32 x 16 x f32>, !lz.tensor<8 x 32 x f32>) -> (!lz.tensor<0 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>)
    lz.yield %1#0, %1#1 : !lz.tensor<0 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>
  }
  lz.return %0#0, %0#1 : !lz.tensor<0 x 8 x 32 x f32>, !lz.tensor<8 x 32 x f32>
}
