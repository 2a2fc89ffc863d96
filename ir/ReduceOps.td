//===- ReduceOps.td - reductions, softmax, scans -----------*- tablegen -*-===//
//
// Ops that combine the elements along axes.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_REDUCEOPS_TD
#define LAZULI_IR_REDUCEOPS_TD

include "ir/LzBase.td"

def Lz_ReduceOp : Lz_ComputeOp<"reduce"> {
  let summary = "reduces axes to one element";
  let description = [{
    Without axes, all are reduced. `sum` and `prod` keep integers as they are;
    `mean` divides by the number of elements; `max` and `min` propagate NaN;
    `argmax` and `argmin` give the i64 index of the first extreme element along
    one axis (or, without axes, in row-major order). Low-precision floats are
    accumulated in f32.

    1. Axes are distinct and within [-rank, rank).
    2. argmax and argmin reduce one axis or all.
    3. any and all take i1, mean takes floats, sum and prod take numbers.
    4. The reduced dimensions of max, min, argmax and argmin are not 0.

    Example: `%y = lz.reduce mean %x {axes = [-1], keep_dims = true} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 1 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_ReduceKind:$kind,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$axes,
                       DefaultValuedAttr<BoolAttr, "false">:$keep_dims);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$kind $src ", Lz_Tail);
  let hasVerifier = 1;
}

def Lz_SoftmaxOp : Lz_ComputeOp<"softmax"> {
  let summary = "softmax or log-softmax along an axis";
  let description = [{
    exp(x - max) / sum(exp(x - max)) along the axis, or its logarithm.

    1. The axis is within [-rank, rank) (rank 0 counts as rank 1).
    2. The element type is a float.

    Example: `%y = lz.softmax %x {axis = -1} : (!lz.tensor<"n" x 4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$log);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
}

def Lz_CumulativeOp : Lz_ComputeOp<"cumulative"> {
  let summary = "running sum or product along an axis";
  let description = [{
    Element i combines the elements up to i, without i if `exclusive` (the first
    is then 0 or 1), from the end if `reverse`.

    1. The axis is within [-rank, rank) (rank 0 counts as rank 1).
    2. The element type is a number.

    Example: `%y = lz.cumulative sum %x {axis = 0} : (!lz.tensor<"n" x f32>) -> !lz.tensor<"n" x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_CumulativeKind:$kind, Lz_I64Attr:$axis,
                       DefaultValuedAttr<BoolAttr, "false">:$exclusive,
                       DefaultValuedAttr<BoolAttr, "false">:$reverse);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$kind $src ", Lz_Tail);
}

#endif // LAZULI_IR_REDUCEOPS_TD
