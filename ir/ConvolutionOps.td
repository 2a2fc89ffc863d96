//===- ConvolutionOps.td - convolutions --------------------*- tablegen -*-===//
//
// Of any number of spatial axes, batched or not, as PyTorch defines them, or with
// the channels as the last axis, as libraries like them; and a form of one kind
// that passes make.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_CONVOLUTIONOPS_TD
#define LAZULI_IR_CONVOLUTIONOPS_TD

include "ir/ImageAxes.td"

class Lz_ConvolutionOp<string opMnemonic> : Lz_ComputeOp<opMnemonic> {
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $weights (`,` $bias^)? ", Lz_Tail);
  let hasVerifier = 1;
  let extraClassDeclaration = !strconcat([{
    /// The number of spatial axes.
    int64_t getSpatialRank() { return getStrides().size(); }
  }], Lz_ImageAxes);
}

def Lz_ConvOp : Lz_ConvolutionOp<"conv"> {
  let summary = "convolution (cross-correlation) with zero padding";
  let description = [{
    src is (N, C, *spatial) or, unbatched, (C, *spatial); with `channels_last` src
    and dst are (N, *spatial, C) or (*spatial, C). Weights are (out, C / groups,
    *kernel) in both cases; bias is (out). An output size is
    floor((size + begin + end - dilation * (kernel - 1) - 1) / stride) + 1.

    1. strides, dilations, pads_begin and pads_end have one entry per spatial
       axis; strides, dilations and groups are positive, pads are not negative.
    2. src has rank n + 2 or n + 1, weights have rank n + 2.
    3. groups divides C and out; weights' axis 1 is C / groups.
    4. The dilated kernel is not larger than the padded input.
    5. bias has shape [out]; all have the same number element type.

    Example: `%y = lz.conv %x, %w {strides = [2, 2], dilations = [1, 1], pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<"n" x 3 x 8 x 8 x f32>, !lz.tensor<4 x 3 x 3 x 3 x f32>) -> !lz.tensor<"n" x 4 x 4 x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, Optional<Lz_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end,
                       DefaultValuedAttr<Lz_I64Attr, "1">:$groups,
                       UnitAttr:$channels_last);
}

def Lz_ConvTransposeOp : Lz_ConvolutionOp<"conv_transpose"> {
  let summary = "transposed convolution: the gradient of a convolution";
  let description = [{
    src and dst as of lz.conv, also with `channels_last`; weights are (C, out /
    groups, *kernel); bias is (out). An output size is (size - 1) * stride - begin
    - end + dilation * (kernel - 1) + output_padding + 1.

    1. strides, dilations, pads_begin, pads_end and output_padding have one entry
       per spatial axis; strides, dilations and groups are positive; pads may be
       negative (they then add zeros).
    2. src has rank n + 2 or n + 1, weights have rank n + 2.
    3. groups divides C; weights' axis 0 is C.
    4. Output sizes are not negative.
    5. bias has shape [out]; all have the same number element type.

    Example: `%y = lz.conv_transpose %x, %w {strides = [2], dilations = [1], pads_begin = [0], pads_end = [0], output_padding = [1]} : (!lz.tensor<"n" x 3 x 8 x f32>, !lz.tensor<3 x 4 x 3 x f32>) -> !lz.tensor<"n" x 4 x 18 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, Optional<Lz_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end,
                       DenseI64ArrayAttr:$output_padding,
                       DefaultValuedAttr<Lz_I64Attr, "1">:$groups,
                       UnitAttr:$channels_last);
}

def Lz_ConvWinogradOp : Lz_ComputeOp<"conv_winograd"> {
  let summary = "3x3 convolution in tiles of 4x4 results, by Winograd's algorithm";
  let description = [{
    What lz.conv computes with `channels_last`, strides and dilations of 1 and one
    group, with 36 multiplications per tile and pair of channels instead of 144, so
    with other roundings. Weights are (blocks, C, 3, 3, lanes): output channel k is
    lane k % lanes of block k / lanes, and the last block is filled up with zeros.
    lz-winograd makes this op of an lz.conv.

    1. src is (N, H, W, C), weights have rank 5 and are (blocks, C, 3, 3, lanes).
    2. pads_begin and pads_end have two entries, which are not negative.
    3. channels is positive, and blocks * lanes the least multiple of lanes that is
       not less.
    4. H and W with their padding are 3 or more.
    5. All are f32.

    Example: `%y = lz.conv_winograd %x, %w {channels = 4, pads_begin = [1, 1], pads_end = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 3 x f32>, !lz.tensor<1 x 3 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 8 x 8 x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, Lz_I64Attr:$channels,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $weights ", Lz_Tail);
  let hasVerifier = 1;
}

#endif // LAZULI_IR_CONVOLUTIONOPS_TD
