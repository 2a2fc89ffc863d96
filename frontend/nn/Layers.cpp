//===- Layers.cpp - Functions behind the layers ---------------------------===//
//
// Products, convolution, pooling, normalization, attention, random draws.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

namespace lz::nn {

using namespace detail;

namespace {

/// PyTorch takes the element type from the module, never from the input.
void requireSameType(const char *function, const Tensor &x, const char *name, const Tensor &other) {
  if (other.defined() && other.dtype() != x.dtype())
    fail(std::string(function) + " has an input of " + weights::getName(x.dtype()) + " and a " +
         name + " of " + weights::getName(other.dtype()) +
         ", expected the same element type; convert one with to()");
}

Attrs convAttributes(const ConvArguments &arguments) {
  const Ints &end = arguments.paddingEnd.empty() ? arguments.padding : arguments.paddingEnd;
  return {{"strides", arguments.stride},
          {"dilations", arguments.dilation},
          {"pads_begin", arguments.padding},
          {"pads_end", end},
          {"groups", arguments.groups}};
}

Attrs poolAttributes(const char *kind, const PoolArguments &arguments) {
  return {{"kind", kind},
          {"kernel", arguments.kernel},
          {"strides", arguments.stride},
          {"dilations", arguments.dilation},
          {"pads_begin", arguments.padding},
          {"pads_end", arguments.padding},
          {"ceil_mode", arguments.ceilMode}};
}

/// Normalization of half types may have weights of f32.
void requireNormType(const char *function, const Tensor &x, const char *name,
                     const Tensor &other) {
  bool mixed = other.defined() && other.dtype() == DType::f32 && weights::isFloat(x.dtype()) &&
               weights::getSizeBytes(x.dtype()) == 2;
  if (!mixed)
    requireSameType(function, x, name, other);
}

} // namespace

Tensor matmul(const Tensor &a, const Tensor &b, SourceLoc loc) {
  OpScope scope(loc, "matmul");
  requireSameType("matmul", a, "right-hand side", b);
  return emit("matmul", {a, b}, a.dtype());
}

Tensor Tensor::matmul(const Tensor &other, SourceLoc loc) const {
  return nn::matmul(*this, other, loc);
}

Tensor linear(const Tensor &x, const Tensor &weight, const Tensor &bias, SourceLoc loc) {
  OpScope scope(loc, "linear");
  requireSameType("linear", x, "weight", weight);
  requireSameType("linear", x, "bias", bias);
  return emit("linear", {x, weight, bias}, x.dtype());
}

Tensor bilinear(const Tensor &x1, const Tensor &x2, const Tensor &weight, const Tensor &bias,
                SourceLoc loc) {
  OpScope scope(loc, "bilinear");
  requireSameType("bilinear", x1, "second input", x2);
  requireSameType("bilinear", x1, "weight", weight);
  // y[., o] = x1[., i] W[o, i, j] x2[., j]: (..., 1, 1, i) x (o, i, j) = (..., o, 1, j),
  // then (..., o, j) x (..., j, 1).
  Tensor left = x1.unsqueeze(-2).unsqueeze(-2).matmul(weight).squeeze({-2});
  Tensor y = left.matmul(x2.unsqueeze(-1)).squeeze({-1});
  return bias.defined() ? y + bias : y;
}

Tensor embedding(const Tensor &index, const Tensor &weight, SourceLoc loc) {
  OpScope scope(loc, "embedding");
  if (index.dtype() != DType::i64 && index.dtype() != DType::i32)
    fail(std::string("embedding has indices of ") + weights::getName(index.dtype()) +
         ", expected i64 or i32");
  return emit("gather", {weight, index}, weight.dtype(), {{"axis", 0}});
}

Tensor conv(const Tensor &x, const Tensor &weight, const Tensor &bias,
            const ConvArguments &arguments, SourceLoc loc) {
  OpScope scope(loc, "conv");
  requireSameType("conv", x, "weight", weight);
  requireSameType("conv", x, "bias", bias);
  return emit("conv", {x, weight, bias}, x.dtype(), convAttributes(arguments));
}

Tensor conv_transpose(const Tensor &x, const Tensor &weight, const Tensor &bias,
                      const ConvArguments &arguments, SourceLoc loc) {
  OpScope scope(loc, "conv_transpose");
  requireSameType("conv_transpose", x, "weight", weight);
  requireSameType("conv_transpose", x, "bias", bias);
  Attrs attributes = convAttributes(arguments);
  attributes.push_back({"output_padding", arguments.outputPadding});
  return emit("conv_transpose", {x, weight, bias}, x.dtype(), attributes);
}

Tensor max_pool(const Tensor &x, const PoolArguments &arguments, SourceLoc loc) {
  OpScope scope(loc, "max_pool");
  return emit("pool", {x}, x.dtype(), poolAttributes("max", arguments));
}

Tensor avg_pool(const Tensor &x, const PoolArguments &arguments, SourceLoc loc) {
  OpScope scope(loc, "avg_pool");
  Attrs attributes = poolAttributes("avg", arguments);
  attributes.push_back({"count_include_pad", arguments.countIncludePad});
  attributes.push_back({"divisor_override", arguments.divisorOverride});
  return emit("pool", {x}, x.dtype(), attributes);
}

Tensor adaptive_avg_pool(const Tensor &x, const Ints &outputSize, SourceLoc loc) {
  OpScope scope(loc, "adaptive_avg_pool");
  return emit("adaptive_avg_pool", {x}, x.dtype(), {{"output_size", outputSize}});
}

Tensor batch_norm(const Tensor &x, const Tensor &mean, const Tensor &var, const Tensor &weight,
                  const Tensor &bias, double eps, SourceLoc loc) {
  OpScope scope(loc, "batch_norm");
  requireNormType("batch_norm", x, "mean", mean);
  requireNormType("batch_norm", x, "weight", weight);
  return emit("batch_norm", {x, mean, var, weight, bias}, x.dtype(), {{"eps", eps}});
}

Tensor layer_norm(const Tensor &x, int64_t axesCount, const Tensor &weight, const Tensor &bias,
                  double eps, SourceLoc loc) {
  OpScope scope(loc, "layer_norm");
  requireNormType("layer_norm", x, "weight", weight);
  return emit("layer_norm", {x, weight, bias}, x.dtype(),
              {{"axes_count", axesCount}, {"eps", eps}});
}

Tensor rms_norm(const Tensor &x, int64_t axesCount, const Tensor &weight, double eps,
                SourceLoc loc) {
  OpScope scope(loc, "rms_norm");
  requireNormType("rms_norm", x, "weight", weight);
  return emit("rms_norm", {x, weight}, x.dtype(), {{"axes_count", axesCount}, {"eps", eps}});
}

Tensor group_norm(const Tensor &x, int64_t groups, const Tensor &weight, const Tensor &bias,
                  double eps, SourceLoc loc) {
  OpScope scope(loc, "group_norm");
  requireNormType("group_norm", x, "weight", weight);
  return emit("group_norm", {x, weight, bias}, x.dtype(), {{"groups", groups}, {"eps", eps}});
}

Tensor scaled_dot_product_attention(const Tensor &query, const Tensor &key, const Tensor &value,
                                    const Tensor &mask, bool causal, double scale, SourceLoc loc) {
  OpScope scope(loc, "scaled_dot_product_attention");
  requireSameType("attention", query, "key", key);
  requireSameType("attention", query, "value", value);
  return emit("attention", {query, key, value, mask}, query.dtype(),
              {{"scale", scale}, {"causal", causal}});
}

Tensor rand_like(const Tensor &like, SourceLoc loc) {
  OpScope scope(loc, "rand_like");
  return emit("random_like", {readRandomSeed(), readRandomCounter(), like}, like.dtype(),
              {{"distribution", "uniform"}, {"stream", nextRandomStream()}});
}

Tensor rand_of_shape(const Tensor &shape, DType dtype, SourceLoc loc) {
  OpScope scope(loc, "rand_of_shape");
  return rand_like(emit("expand_like", {scalar(0, dtype), shape}, dtype));
}

Tensor dropout(const Tensor &x, double p, SourceLoc loc) {
  OpScope scope(loc, "dropout");
  if (p < 0 || p > 1)
    fail("dropout has the probability " + std::to_string(p) + ", expected one from 0 to 1");
  if (p == 0)
    return x;
  if (p == 1)
    return x * 0;
  return where(rand_like(x) >= p, x * (1 / (1 - p)), zeros_like(x));
}

} // namespace lz::nn
