//===- RecurrentStepsOps.td - steps of recurrent layers -----*- tablegen -*-===//
//
// What lz-recurrent-steps makes of a layer: for backends, not for frontends.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_RECURRENTSTEPSOPS_TD
#define LAZULI_IR_RECURRENTSTEPSOPS_TD

include "ir/LzBase.td"

def Lz_RecurrentStepsOp : Lz_ComputeOp<"recurrent_steps",
    [AttrSizedOperandSegments]> {
  let summary = "the steps of a recurrent layer behind the products with its inputs";
  let description = [{
    What lz.recurrent computes after src was multiplied by w_ih: per step the product of
    the state and w_hh, then the cell. Gates stand in blocks of hidden units, so that a
    block's are read side by side: element (b, g * W + j) of `projected` is gate g of
    unit b * W + j, for blocks of W = H / B units; it holds the biases that are added to
    gates. w_hh is (B, H, G * W): rows of the state's elements. b_hh is (B, G * W).
    lz-recurrent-steps makes this op of an lz.recurrent.

    1. projected is (T, N, B, G * W), or (N, T, B, G * W) with `batch_first`, w_hh
       (B, H, G * W) and b_hh (B, G * W); h0 and c0 are (N, H).
    2. G * W is a multiple of G, and H = B * W.
    3. c0 and c_n exist only for lstm, and c_n always does there.
    4. All are f32.

    Example: `%y, %h = lz.recurrent_steps gru %x weights %w b_hh %b : (!lz.tensor<5 x 2 x 2 x 6 x f32>, !lz.tensor<2 x 4 x 6 x f32>, !lz.tensor<2 x 6 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)`
  }];
  let arguments = (ins Lz_Tensor:$projected, Lz_Tensor:$w_hh,
                       Optional<Lz_Tensor>:$b_hh, Optional<Lz_Tensor>:$h0,
                       Optional<Lz_Tensor>:$c0, Lz_RecurrentMode:$mode,
                       DefaultValuedAttr<BoolAttr, "false">:$batch_first,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Lz_Tensor:$dst, Lz_Tensor:$h_n, Optional<Lz_Tensor>:$c_n);
  let assemblyFormat = !strconcat([{
    $mode $projected `weights` $w_hh (`b_hh` $b_hh^)? (`h0` $h0^)? (`c0` $c0^)?
  }], Lz_Tail);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of gates: 4, 3 or 1.
    int64_t getNumGates();
  }];
}

#endif // LAZULI_IR_RECURRENTSTEPSOPS_TD
