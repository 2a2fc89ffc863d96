//===- KernelOps.td - what generated kernels compute best ---*- tablegen -*-===//
//
// Forms of other ops that passes make for one way to compute them, with operands as
// vectors read them. No frontend knows them, and few files include their header.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_KERNELOPS_TD
#define LAZULI_IR_KERNELOPS_TD

include "ir/LzBase.td"

def Lz_ConvDepthwiseOp : Lz_ComputeOp<"conv_depthwise"> {
  let summary = "convolution of each channel by itself, and a clip";
  let description = [{
    What lz.conv computes with `channels_last` and as many groups as channels of src
    and of dst; then what is below `low` becomes that, and what is above `high`
    that (NaN stays). Weights are (*kernel, C), as vectors of channels read them.
    lz-depthwise makes this op of an lz.conv.

    1. src is (N, H, W, C), weights have rank 3 and are (kh, kw, C).
    2. strides, dilations, pads_begin and pads_end have two entries; strides and
       dilations are positive, pads are not negative.
    3. W, C, kh and kw are constants, and C is 2 or more.
    4. The dilated kernel is not larger than the padded input.
    5. bias has shape [C]; all are f32.
    6. low is not above high.

    Example: `%y = lz.conv_depthwise %x, %w {dilations = [1, 1], high = 6.0 : f64, low = 0.0 : f64, pads_begin = [1, 1], pads_end = [1, 1], strides = [1, 1]} : (!lz.tensor<"n" x 8 x 8 x 32 x f32>, !lz.tensor<3 x 3 x 32 x f32>) -> !lz.tensor<"n" x 8 x 8 x 32 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, Optional<Lz_Tensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$dilations,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end,
                       OptionalAttr<F64Attr>:$low, OptionalAttr<F64Attr>:$high);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $weights (`,` $bias^)? ", Lz_Tail);
  let hasVerifier = 1;
}

def Lz_ConvPanelsOp : Lz_ComputeOp<"conv_panels"> {
  let summary = "convolution with weights in panels of output channels";
  let description = [{
    What lz.conv computes with `channels_last`, dilations of 1 and one group. Weights
    are (panels, *kernel, C, width): output channel k is column k % width of panel
    k / width. lz-conv-panels makes this op of an lz.conv.

    1. src is (N, *spatial, C) with one or two spatial axes, weights have two axes more
       than those and C.
    2. strides, pads_begin and pads_end have one entry per spatial axis; strides are
       positive, pads are not negative.
    3. The dimensions of the weights are positive constants, width is 2 or more.
    4. The kernel is not larger than the padded input.
    5. All are f32.

    Example: `%y = lz.conv_panels %x, %w {pads_begin = [1], pads_end = [1], strides = [2]} : (!lz.tensor<"n" x 8 x 3 x f32>, !lz.tensor<2 x 3 x 3 x 16 x f32>) -> !lz.tensor<"n" x 4 x 32 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$weights, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads_begin, DenseI64ArrayAttr:$pads_end);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $weights ", Lz_Tail);
  let extraClassDeclaration = [{
    int64_t getSpatialRank() { return getStrides().size(); }
  }];
  let hasVerifier = 1;
}

#endif // LAZULI_IR_KERNELOPS_TD
