//===- Functional.h - Functions of traced tensors -------------------------===//
//
// torch's and torch.nn.functional's functions that have no method of Tensor, or
// have both. Names, arguments, defaults and meanings are PyTorch's.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_FUNCTIONAL_H
#define LAZULI_FRONTEND_NN_FUNCTIONAL_H

#include "frontend/nn/Tensor.h"

namespace lz::nn {

#define LZ_NN_DECLARE(name) Tensor name(const Tensor &x, SourceLoc loc = SourceLoc::current());
LZ_NN_UNARY_FLOAT(LZ_NN_DECLARE)
LZ_NN_UNARY_SAME(LZ_NN_DECLARE)
LZ_NN_UNARY_TEST(LZ_NN_DECLARE)

// Activations without arguments.
LZ_NN_DECLARE(silu)
LZ_NN_DECLARE(mish)
LZ_NN_DECLARE(hardsigmoid)
LZ_NN_DECLARE(hardswish)
LZ_NN_DECLARE(relu6)
LZ_NN_DECLARE(selu)
LZ_NN_DECLARE(softsign)
LZ_NN_DECLARE(tanhshrink)
LZ_NN_DECLARE(logsigmoid)
#undef LZ_NN_DECLARE

// Activations with arguments.
Tensor celu(const Tensor &x, double alpha = 1, SourceLoc loc = SourceLoc::current());
Tensor elu(const Tensor &x, double alpha = 1, SourceLoc loc = SourceLoc::current());
/// `approximate` is "none" or "tanh".
Tensor gelu(const Tensor &x, const std::string &approximate = "none",
            SourceLoc loc = SourceLoc::current());
Tensor glu(const Tensor &x, int64_t dim = -1, SourceLoc loc = SourceLoc::current());
Tensor hardshrink(const Tensor &x, double lambda = 0.5, SourceLoc loc = SourceLoc::current());
Tensor hardtanh(const Tensor &x, double minVal = -1, double maxVal = 1,
                SourceLoc loc = SourceLoc::current());
Tensor leaky_relu(const Tensor &x, double negativeSlope = 0.01,
                  SourceLoc loc = SourceLoc::current());
/// `weight` has one element, or one for each element of axis 1 of `x`.
Tensor prelu(const Tensor &x, const Tensor &weight, SourceLoc loc = SourceLoc::current());
Tensor softplus(const Tensor &x, double beta = 1, double threshold = 20,
                SourceLoc loc = SourceLoc::current());
Tensor softshrink(const Tensor &x, double lambda = 0.5, SourceLoc loc = SourceLoc::current());
Tensor threshold(const Tensor &x, double threshold, double value,
                 SourceLoc loc = SourceLoc::current());
Tensor softmax(const Tensor &x, int64_t dim, SourceLoc loc = SourceLoc::current());
Tensor log_softmax(const Tensor &x, int64_t dim, SourceLoc loc = SourceLoc::current());
Tensor softmin(const Tensor &x, int64_t dim, SourceLoc loc = SourceLoc::current());

// Elementwise.
Tensor pow(const Operand &base, const Operand &exponent);
Tensor fmod(const Operand &a, const Operand &b);
Tensor floor_divide(const Operand &a, const Operand &b);
Tensor atan2(const Operand &a, const Operand &b);
Tensor maximum(const Operand &a, const Operand &b);
Tensor minimum(const Operand &a, const Operand &b);
Tensor where(const Tensor &condition, const Operand &a, const Operand &b);
Tensor clamp(const Tensor &x, std::optional<double> min, std::optional<double> max = std::nullopt,
             SourceLoc loc = SourceLoc::current());

// Creation. Tensors of one value or a progression; none draws random numbers.
Tensor full(const Dims &sizes, double value, DType dtype = DType::f32,
            SourceLoc loc = SourceLoc::current());
Tensor zeros(const Dims &sizes, DType dtype = DType::f32, SourceLoc loc = SourceLoc::current());
Tensor ones(const Dims &sizes, DType dtype = DType::f32, SourceLoc loc = SourceLoc::current());
Tensor full_like(const Tensor &x, double value, SourceLoc loc = SourceLoc::current());
Tensor zeros_like(const Tensor &x, SourceLoc loc = SourceLoc::current());
Tensor ones_like(const Tensor &x, SourceLoc loc = SourceLoc::current());
/// 0, 1, ..., end - 1.
Tensor arange(Dim end, DType dtype = DType::i64, SourceLoc loc = SourceLoc::current());
/// A scalar tensor.
Tensor scalar(double value, DType dtype = DType::f32, SourceLoc loc = SourceLoc::current());
/// A size as a scalar i64 tensor.
Tensor scalar(const Dim &size, SourceLoc loc = SourceLoc::current());

// Joining and shaping.
Tensor cat(const std::vector<Tensor> &tensors, int64_t dim = 0,
           SourceLoc loc = SourceLoc::current());
Tensor stack(const std::vector<Tensor> &tensors, int64_t dim = 0,
             SourceLoc loc = SourceLoc::current());
/// `pad` counts from the last axis: {left, right, top, bottom, ...}; negative
/// numbers crop. Only constant padding.
Tensor pad(const Tensor &x, const Ints &pad, double value = 0,
           SourceLoc loc = SourceLoc::current());
/// The shape of `x` as a one-dimensional i64 tensor.
Tensor shape_of(const Tensor &x, SourceLoc loc = SourceLoc::current());
/// `x` in the shape that the one-dimensional i64 tensor `shape` holds, at most
/// one element of it -1.
Tensor reshape_like(const Tensor &x, const Tensor &shape, SourceLoc loc = SourceLoc::current());

// Products.
Tensor matmul(const Tensor &a, const Tensor &b, SourceLoc loc = SourceLoc::current());
Tensor linear(const Tensor &x, const Tensor &weight, const Tensor &bias = {},
              SourceLoc loc = SourceLoc::current());
Tensor bilinear(const Tensor &x1, const Tensor &x2, const Tensor &weight, const Tensor &bias = {},
                SourceLoc loc = SourceLoc::current());
Tensor embedding(const Tensor &index, const Tensor &weight, SourceLoc loc = SourceLoc::current());

/// Arguments of a convolution; the lists have one element per spatial axis.
struct ConvArguments {
  Ints stride, padding, paddingEnd, dilation;
  int64_t groups = 1;
  Ints outputPadding; ///< transposed only
};
Tensor conv(const Tensor &x, const Tensor &weight, const Tensor &bias,
            const ConvArguments &arguments, SourceLoc loc = SourceLoc::current());
Tensor conv_transpose(const Tensor &x, const Tensor &weight, const Tensor &bias,
                      const ConvArguments &arguments, SourceLoc loc = SourceLoc::current());

/// Arguments of a pooling; the lists have one element per spatial axis.
struct PoolArguments {
  Ints kernel, stride, padding, dilation;
  bool ceilMode = false;
  bool countIncludePad = true;  ///< average only
  int64_t divisorOverride = 0;  ///< average only; 0 is none
};
Tensor max_pool(const Tensor &x, const PoolArguments &arguments,
                SourceLoc loc = SourceLoc::current());
Tensor avg_pool(const Tensor &x, const PoolArguments &arguments,
                SourceLoc loc = SourceLoc::current());
/// One output size per spatial axis; -1 keeps that axis.
Tensor adaptive_avg_pool(const Tensor &x, const Ints &outputSize,
                         SourceLoc loc = SourceLoc::current());

// Normalization with given statistics or over given axes; undefined weights and
// biases mean 1 and 0.
Tensor batch_norm(const Tensor &x, const Tensor &mean, const Tensor &var, const Tensor &weight,
                  const Tensor &bias, double eps = 1e-5, SourceLoc loc = SourceLoc::current());
/// Over the last `axesCount` axes.
Tensor layer_norm(const Tensor &x, int64_t axesCount, const Tensor &weight, const Tensor &bias,
                  double eps = 1e-5, SourceLoc loc = SourceLoc::current());
Tensor rms_norm(const Tensor &x, int64_t axesCount, const Tensor &weight, double eps,
                SourceLoc loc = SourceLoc::current());
/// Channels on axis 1; 0 groups mean one per channel (instance norm).
Tensor group_norm(const Tensor &x, int64_t groups, const Tensor &weight, const Tensor &bias,
                  double eps = 1e-5, SourceLoc loc = SourceLoc::current());

/// softmax(q k^T * scale + mask) v on the last two axes; scale 0 means
/// 1 / sqrt(last size of q). A boolean mask is true where a key takes part.
Tensor scaled_dot_product_attention(const Tensor &query, const Tensor &key, const Tensor &value,
                                    const Tensor &mask = {}, bool causal = false, double scale = 0,
                                    SourceLoc loc = SourceLoc::current());

/// Uniform draws from [0, 1) in the shape of `like`, or in the shape that the
/// one-dimensional i64 tensor `shape` holds. From the session's generator: the
/// states "rng.seed" and "rng.counter".
Tensor rand_like(const Tensor &like, SourceLoc loc = SourceLoc::current());
Tensor rand_of_shape(const Tensor &shape, DType dtype, SourceLoc loc = SourceLoc::current());

/// Zeroes elements with probability `p` and scales the others by 1 / (1 - p).
Tensor dropout(const Tensor &x, double p = 0.5, SourceLoc loc = SourceLoc::current());

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_FUNCTIONAL_H
