//===- AttentionOps.td - attention -------------------------*- tablegen -*-===//
//
// One op, so that no backend has to write the score matrix.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_ATTENTIONOPS_TD
#define LAZULI_IR_ATTENTIONOPS_TD

include "ir/LzBase.td"

def Lz_AttentionOp : Lz_ComputeOp<"attention"> {
  let summary = "scaled dot-product attention";
  let description = [{
    softmax(query x key^T * scale + mask) x value over the last two axes: query
    [..., L, E], key [..., S, E], value [..., S, Ev] give [..., L, Ev]. A scale of 0
    means 1 / sqrt(E). A boolean mask keeps where true; a float mask is added.
    `causal` keeps key j of query i where j <= i.

    1. query, key and value have rank 2 or more and the same float element type.
    2. E and S agree; the leading axes broadcast; the mask broadcasts to
       [..., L, S] and is i1 or of the same element type.

    Example: `%y = lz.attention %q, %k, %v {causal = true} : (!lz.tensor<"b" x "n" x 8 x f32>, !lz.tensor<"b" x "n" x 8 x f32>, !lz.tensor<"b" x "n" x 8 x f32>) -> !lz.tensor<"b" x "n" x 8 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$query, Lz_Tensor:$key, Lz_Tensor:$value,
                       Optional<Lz_Tensor>:$mask,
                       DefaultValuedAttr<F64Attr, "0.0">:$scale,
                       DefaultValuedAttr<BoolAttr, "false">:$causal);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$query `,` $key `,` $value (`,` $mask^)? ", Lz_Tail);
}

#endif // LAZULI_IR_ATTENTIONOPS_TD
