//===- RecurrentOps.td - recurrent layers ------------------*- tablegen -*-===//
//
// One layer in one direction; frontends compose layers and directions.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_RECURRENTOPS_TD
#define LAZULI_IR_RECURRENTOPS_TD

include "ir/LzBase.td"

def Lz_RecurrentOp : Lz_ComputeOp<"recurrent",
    [AttrSizedOperandSegments]> {
  let summary = "LSTM, GRU or Elman RNN over a sequence";
  let description = [{
    src is (T, N, I), or (N, T, I) with `batch_first`; w_ih is (G * H, I) and w_hh
    (G * H, H) with G gates in PyTorch's order: lstm i, f, g, o (G = 4); gru r, z,
    n (G = 3); rnn one (G = 1). Biases are (G * H); h0 and c0 are (N, H), zero if
    absent. `reverse` runs from the last step to the first; its outputs stand at
    their steps. Results: y (T, N, H) or (N, T, H); h_n (N, H); for lstm c_n (N, H).

    1. src has rank 3, w_ih and w_hh rank 2; the dimensions agree as above.
    2. c0 and c_n exist only for lstm, and c_n always does there.
    3. All have the same float element type.

    Example: `%y, %h = lz.recurrent gru %x weights %wi, %wh h0 %h0 : (!lz.tensor<5 x 2 x 3 x f32>, !lz.tensor<12 x 3 x f32>, !lz.tensor<12 x 4 x f32>, !lz.tensor<2 x 4 x f32>) -> (!lz.tensor<5 x 2 x 4 x f32>, !lz.tensor<2 x 4 x f32>)`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$w_ih, Lz_Tensor:$w_hh,
                       Optional<Lz_Tensor>:$b_ih, Optional<Lz_Tensor>:$b_hh,
                       Optional<Lz_Tensor>:$h0, Optional<Lz_Tensor>:$c0,
                       Lz_RecurrentMode:$mode,
                       DefaultValuedAttr<BoolAttr, "false">:$batch_first,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Lz_Tensor:$dst, Lz_Tensor:$h_n, Optional<Lz_Tensor>:$c_n);
  let assemblyFormat = !strconcat([{
    $mode $src `weights` $w_ih `,` $w_hh (`b_ih` $b_ih^)? (`b_hh` $b_hh^)?
    (`h0` $h0^)? (`c0` $c0^)?
  }], Lz_Tail);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of gates: 4, 3 or 1.
    int64_t getNumGates();
  }];
}

#endif // LAZULI_IR_RECURRENTOPS_TD
