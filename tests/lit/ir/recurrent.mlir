// Recurrent layers: text and bytecode keep every op as it is.
// RUN: lazuli-opt %s | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --emit-bytecode | lazuli-opt | FileCheck %s
// RUN: lazuli-opt %s --mlir-print-op-generic | lazuli-opt | FileCheck %s

// CHECK-LABEL: lz.func @recurrent
lz.func @recurrent(%x: !lz.tensor<5 x 2 x 3 x f32>, %h: !lz.tensor<2 x 4 x f32>, %wi4: !lz.tensor<16 x 3 x f32>, %wh4: !lz.tensor<16 x 4 x f32>, %b4: !lz.tensor<16 x f32>, %wi3: !lz.tensor<12 x 3 x f32>, %wh3: !lz.tensor<12 x 4 x f32>, %wi1: !lz.tensor<4 x 3 x f32>, %wh1: !lz.tensor<4 x 4 x f32>) {
  // CHECK: lz.recurrent lstm %{{[^ ,)]+}} weights %{{[^ ,)]+}}, %{{[^ ,)]+}} b_ih %{{[^ ,)]+}} b_hh %{{[^ ,)]+}} h0 %{{[^ ,)]+}} c0 %{{[^ ,)]+}} {reverse = true} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<16 x 3 x f32>, !lz.tensor<16 x 4 x f32>, !lz.tensor<16 x f32>, !lz.tensor<16 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %0:3 = lz.recurrent lstm %x weights %wi4, %wh4 b_ih %b4 b_hh %b4 h0 %h c0 %h {reverse = true} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<16 x 3 x f32>, !lz.tensor<16 x 4 x f32>, !lz.tensor<16 x f32>, !lz.tensor<16 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  // CHECK: lz.recurrent gru %{{[^ ,)]+}} weights %{{[^ ,)]+}}, %{{[^ ,)]+}} h0 %{{[^ ,)]+}} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<12 x 3 x f32>, !lz.tensor<12 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %1:2 = lz.recurrent gru %x weights %wi3, %wh3 h0 %h : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<12 x 3 x f32>, !lz.tensor<12 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  // CHECK: lz.recurrent rnn_tanh %{{[^ ,)]+}} weights %{{[^ ,)]+}}, %{{[^ ,)]+}} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %2:2 = lz.recurrent rnn_tanh %x weights %wi1, %wh1 : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  // CHECK: lz.recurrent rnn_relu %{{[^ ,)]+}} weights %{{[^ ,)]+}}, %{{[^ ,)]+}} {batch_first = true} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<5 x 4 x f32>)
  %3:2 = lz.recurrent rnn_relu %x weights %wi1, %wh1 {batch_first = true} : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<5 x 4 x f32>)
  lz.return
}

// The steps alone: gates in blocks of hidden units.
// CHECK-LABEL: lz.func @steps
lz.func @steps(%x: !lz.tensor<5 x 2 x 2 x 8 x f32>, %w: !lz.tensor<2 x 4 x 8 x f32>, %h: !lz.tensor<2 x 4 x f32>, %y: !lz.tensor<2 x 5 x 2 x 6 x f32>, %v: !lz.tensor<2 x 4 x 6 x f32>, %b: !lz.tensor<2 x 6 x f32>) {
  // CHECK: lz.recurrent_steps lstm %{{[^ ,)]+}} weights %{{[^ ,)]+}} h0 %{{[^ ,)]+}} c0 %{{[^ ,)]+}} {reverse = true} : (!lz.tensor<5 x 2 x 2 x 8 x f32>, !lz.tensor<2 x 4 x 8 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %0:3 = lz.recurrent_steps lstm %x weights %w h0 %h c0 %h {reverse = true} : (!lz.tensor<5 x 2 x 2 x 8 x f32>, !lz.tensor<2 x 4 x 8 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  // CHECK: lz.recurrent_steps gru %{{[^ ,)]+}} weights %{{[^ ,)]+}} b_hh %{{[^ ,)]+}} {batch_first = true} : (!lz.tensor<2 x 5 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<2 x 6 x f32>) -> (!lz.tensor<2 x 5 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  %1:2 = lz.recurrent_steps gru %y weights %v b_hh %b {batch_first = true} : (!lz.tensor<2 x 5 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<2 x 6 x f32>) -> (!lz.tensor<2 x 5 x 4 x f32>, !lz.tensor<2 x 4 x f32>)
  lz.return
}
