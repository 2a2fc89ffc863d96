//===- RandomOps.td - random numbers -----------------------*- tablegen -*-===//
//
// Counter-based, so an op is a pure function and order does not matter.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_RANDOMOPS_TD
#define LAZULI_IR_RANDOMOPS_TD

include "ir/LzBase.td"

def Lz_RandomOp : Lz_ComputeOp<"random"> {
  let summary = "random numbers of a seed, a counter and a stream";
  let description = [{
    Philox-4x32-10, one block per element: the key is
    seed + stream * 0x9E3779B97F4A7C15, wrapping around at 64 bits; the block's
    counter is the element's index in row-major order and, in its upper 64 bits,
    `counter`. Uniform in [0, 1), or standard normal. The result's element type is
    a float. Usually seed and counter are states read, and the counter is written
    back incremented.

    1. seed and counter are i64 scalars.
    2. No dimension of the shape is a negative number.

    Example: `%r = lz.random uniform %seed, %counter {stream = 3, shape = #lz.dims<"n", 4>} : (!lz.tensor<i64>, !lz.tensor<i64>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$seed, Lz_Tensor:$counter,
                       Lz_Distribution:$distribution,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$stream,
                       Lz_DimArrayAttr:$shape);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$distribution $seed `,` $counter ", Lz_Tail);
  let hasVerifier = 1;
}

def Lz_RandomLikeOp : Lz_ComputeOp<"random_like"> {
  let summary = "random numbers in the shape of another tensor";
  let description = [{
    As lz.random; becomes it when the shape of `like` is known. For dropout
    before anything is known about its input.

    1. seed and counter are i64 scalars.

    Example: `%r = lz.random_like uniform %seed, %counter, %x {stream = 3} : (!lz.tensor<i64>, !lz.tensor<i64>, !lz.tensor<* x f32>) -> !lz.tensor<* x f32>`
  }];
  let arguments = (ins Lz_Tensor:$seed, Lz_Tensor:$counter, Lz_Tensor:$like,
                       Lz_Distribution:$distribution,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$stream);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$distribution $seed `,` $counter `,` $like ", Lz_Tail);
}

#endif // LAZULI_IR_RANDOMOPS_TD
