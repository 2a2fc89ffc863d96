//===- PoolingOps.td - pooling -----------------------------*- tablegen -*-===//
//
// Windows of any number of spatial axes, batched or not; the channels lie before
// them or are the last axis.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_POOLINGOPS_TD
#define LAZULI_IR_POOLINGOPS_TD

include "ir/ImageAxes.td"

def Lz_PoolOp : Lz_ComputeOp<"pool"> {
  let summary = "maximum or average over windows";
  let description = [{
    src is (N, C, *spatial) or, unbatched, (C, *spatial); with `channels_last` src
    and dst are (N, *spatial, C) or (*spatial, C). An output size is
    floor or, with `ceil_mode`, ceil of (size + begin + end - dilation * (kernel -
    1) - 1) / stride, plus 1; a last window that would start in the end padding is
    dropped. `max` propagates NaN and ignores padding. `avg` divides by the
    window's elements inside the input, with `count_include_pad` also by those in
    the padding, or by `divisor_override` unless that is 0.

    1. kernel, strides, dilations, pads_begin and pads_end have one entry per
       spatial axis; all but pads are positive, pads are not negative and smaller
       than the dilated kernel.
    2. src has rank n + 2 or n + 1.
    3. The dilated kernel is not larger than the padded input.
    4. divisor_override >= 0; avg takes floats, max takes numbers.

    Example: `%y = lz.pool max %x {kernel = [2], strides = [2], dilations = [1], pads_begin = [0], pads_end = [0]} : (!lz.tensor<"n" x 3 x 8 x f32>) -> !lz.tensor<"n" x 3 x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_PoolKind:$kind,
                       DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end,
                       DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "true">:$count_include_pad,
                       DefaultValuedAttr<Lz_I64Attr, "0">:$divisor_override,
                       UnitAttr:$channels_last);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$kind $src ", Lz_Tail);
  let hasVerifier = 1;
  let extraClassDeclaration = !strconcat([{
    /// The number of spatial axes.
    int64_t getSpatialRank() { return getKernel().size(); }
  }], Lz_ImageAxes);
}

def Lz_AdaptiveAvgPoolOp : Lz_ComputeOp<"adaptive_avg_pool"> {
  let summary = "averages windows so that the output has a given size";
  let description = [{
    Output i of o averages the inputs [floor(i * size / o), ceil((i + 1) * size / o)).
    An output size of -1 keeps the input's. src and dst as of lz.pool, also with
    `channels_last`.

    1. One output size per spatial axis, each -1 or not negative.
    2. src has rank n + 2 or n + 1 and a float element type.

    Example: `%y = lz.adaptive_avg_pool %x {output_size = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>) -> !lz.tensor<"n" x 3 x 1 x 1 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, DenseI64ArrayAttr:$output_size,
                       UnitAttr:$channels_last);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src ", Lz_Tail);
  let hasVerifier = 1;
  let extraClassDeclaration = !strconcat([{
    /// The number of spatial axes.
    int64_t getSpatialRank() { return getOutputSize().size(); }
  }], Lz_ImageAxes);
}

#endif // LAZULI_IR_POOLINGOPS_TD
