//===- NormalizationOps.td - normalization layers ----------*- tablegen -*-===//
//
// Statistics in f32 at least; weight and bias are optional throughout.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_NORMALIZATIONOPS_TD
#define LAZULI_IR_NORMALIZATIONOPS_TD

include "ir/LzBase.td"

defvar Lz_Affine = " (`weights` $weights^)? (`bias` $bias^)? ";

def Lz_BatchNormOp : Lz_ComputeOp<"batch_norm", [AttrSizedOperandSegments]> {
  let summary = "normalizes channels by given statistics";
  let description = [{
    (x - mean) / sqrt(variance + eps) * weights + bias along axis 1. Statistics of
    the batch itself are composed of lz.reduce by the frontend.

    1. src has rank 2 or more; its axis 1 is the channels.
    2. mean, variance, weights and bias have shape [channels].
    3. All have the same float element type, but those other than src may be f32
       beside a bf16 or f16 src.

    Example: `%y = lz.batch_norm %x, %m, %v weights %w bias %b {eps = 1.0e-05} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Lz_Tensor:$mean, Lz_Tensor:$variance,
                       Optional<Lz_Tensor>:$weights, Optional<Lz_Tensor>:$bias,
                       DefaultValuedAttr<F64Attr, "1.0e-5">:$eps);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src `,` $mean `,` $variance", Lz_Affine, Lz_Tail);
  let hasVerifier = 1;
}

def Lz_LayerNormOp : Lz_ComputeOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "normalizes over the last axes";
  let description = [{
    (x - mean) / sqrt(variance + eps) * weights + bias, where mean and (biased)
    variance are taken over the last `axes_count` axes.

    1. 1 <= axes_count <= rank of src.
    2. weights and bias have the shape of the last axes_count axes.
    3. All have the same float element type, but weights and bias may be f32
       beside a bf16 or f16 src.

    Example: `%y = lz.layer_norm %x weights %w bias %b : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Optional<Lz_Tensor>:$weights,
                       Optional<Lz_Tensor>:$bias,
                       DefaultValuedAttr<Lz_I64Attr, "1">:$axes_count,
                       DefaultValuedAttr<F64Attr, "1.0e-5">:$eps);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src", Lz_Affine, Lz_Tail);
  let hasVerifier = 1;
}

def Lz_RmsNormOp : Lz_ComputeOp<"rms_norm"> {
  let summary = "divides by the root mean square over the last axes";
  let description = [{
    x / sqrt(mean(x^2) + eps) * weights over the last `axes_count` axes.
    Constraints: as of lz.layer_norm.

    Example: `%y = lz.rms_norm %x weights %w {eps = 1.0e-06} : (!lz.tensor<"n" x 4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Optional<Lz_Tensor>:$weights,
                       DefaultValuedAttr<Lz_I64Attr, "1">:$axes_count,
                       DefaultValuedAttr<F64Attr, "1.0e-5">:$eps);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src (`weights` $weights^)? ", Lz_Tail);
  let hasVerifier = 1;
}

def Lz_GroupNormOp : Lz_ComputeOp<"group_norm", [AttrSizedOperandSegments]> {
  let summary = "normalizes groups of channels of each sample";
  let description = [{
    src is (N, C, *); statistics are taken per sample over C / groups channels and
    all of *. `groups = 0` means one group per channel: instance normalization.

    1. src has rank 2 or more; groups >= 0 divides its axis 1.
    2. weights and bias have shape [C].
    3. All have the same float element type, but weights and bias may be f32
       beside a bf16 or f16 src.

    Example: `%y = lz.group_norm %x weights %w bias %b {groups = 2} : (!lz.tensor<"n" x 4 x 8 x f32>, !lz.tensor<4 x f32>, !lz.tensor<4 x f32>) -> !lz.tensor<"n" x 4 x 8 x f32>`
  }];
  let arguments = (ins Lz_Tensor:$src, Optional<Lz_Tensor>:$weights,
                       Optional<Lz_Tensor>:$bias, Lz_I64Attr:$groups,
                       DefaultValuedAttr<F64Attr, "1.0e-5">:$eps);
  let results = (outs Lz_Tensor:$dst);
  let assemblyFormat = !strconcat("$src", Lz_Affine, Lz_Tail);
  let hasVerifier = 1;
}

#endif // LAZULI_IR_NORMALIZATIONOPS_TD
