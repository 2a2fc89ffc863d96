//===- MatmulOps.td - matrix products ----------------------*- tablegen -*-===//
//
// Sums of products in f32 at least for low-precision floats.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_MATMULOPS_TD
#define LAZULI_IR_MATMULOPS_TD

include "ir/LzBase.td"

def Lz_MatmulOp : Lz_ComputeOp<"matmul"> {
  let summary = "matrix product as NumPy's";
  let description = [{
    [..., m, k] x [..., k, n] -> [..., m, n] with broadcast leading axes. A rank-1
    lhs is [1, k], a rank-1 rhs is [k, 1], and the axis added is dropped again.

    1. Both have the same number element type and rank 1 or more.
    2. The last axis of lhs equals the last but one of rhs.
    3. The leading axes broadcast.

    Example: `%c = lz.matmul %a, %b : (!lz.tensor<"n" x 2 x 3 x f32>, !lz.tensor<3 x 4 x f32>) -> !lz.tensor<"n" x 2 x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$lhs, Lz_Tensor:$rhs);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$lhs `,` $rhs ", Lz_Tail);
}

def Lz_LinearOp : Lz_ComputeOp<"linear"> {
  let summary = "src times the transposed weights, plus bias";
  let description = [{
    [..., in] x [out, in] -> [..., out].

    1. src has rank 1 or more; axis 1 of the weights equals its last axis. They have
       rank 2, or 3: the panels [ceil(out / width), in, width] that lz-panels makes of
       them.
    2. Panels hold `columns`, or nothing but columns where that is 0; what the last one
       holds beyond is not read.
    3. bias has shape [out].
    4. All have the same number element type.

    Example: `%y = lz.linear %x, %w, %b : (!lz.tensor<"n" x 3 x f32>, !lz.tensor<4 x 3 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, Optional<Lz_Tensor>:$bias,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$columns);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $weights (`,` $bias^)? ", Lz_Tail);
}

#endif // LAZULI_IR_MATMULOPS_TD
