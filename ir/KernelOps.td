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

#endif // LAZULI_IR_KERNELOPS_TD
