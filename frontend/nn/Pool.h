//===- Pool.h - Pooling and constant padding ------------------------------===//
//
// Arguments and defaults are those of torch.nn. Inputs may be batched or not.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_POOL_H
#define LAZULI_FRONTEND_NN_POOL_H

#include "frontend/nn/Sizes.h"

namespace lz::nn {

/// return_indices is not supported yet.
template <int N> struct MaxPoolOptions {
  using Self = MaxPoolOptions;
  MaxPoolOptions(Sizes<N> kernelSize) : kernel_sizeValue(std::move(kernelSize)) {}
  LZ_OPTION(Sizes<N>, kernel_size, 1);
  /// By default kernel_size.
  LZ_OPTION(std::optional<Sizes<N>>, stride, std::nullopt);
  LZ_OPTION(Sizes<N>, padding, 0);
  LZ_OPTION(Sizes<N>, dilation, 1);
  LZ_OPTION(bool, ceil_mode, false);
};

template <int N> class MaxPoolImpl : public Module {
public:
  explicit MaxPoolImpl(const MaxPoolOptions<N> &options);
  explicit MaxPoolImpl(Sizes<N> kernelSize) : MaxPoolImpl(MaxPoolOptions<N>(kernelSize)) {}
  Tensor forward(const Tensor &x);

private:
  MaxPoolOptions<N> options;
};

template <int N> struct AvgPoolOptions {
  using Self = AvgPoolOptions;
  AvgPoolOptions(Sizes<N> kernelSize) : kernel_sizeValue(std::move(kernelSize)) {}
  LZ_OPTION(Sizes<N>, kernel_size, 1);
  /// By default kernel_size.
  LZ_OPTION(std::optional<Sizes<N>>, stride, std::nullopt);
  LZ_OPTION(Sizes<N>, padding, 0);
  LZ_OPTION(bool, ceil_mode, false);
  LZ_OPTION(bool, count_include_pad, true);
  /// Not in PyTorch's AvgPool1d.
  LZ_OPTION(std::optional<int64_t>, divisor_override, std::nullopt);
};

template <int N> class AvgPoolImpl : public Module {
public:
  explicit AvgPoolImpl(const AvgPoolOptions<N> &options);
  explicit AvgPoolImpl(Sizes<N> kernelSize) : AvgPoolImpl(AvgPoolOptions<N>(kernelSize)) {}
  Tensor forward(const Tensor &x);

private:
  AvgPoolOptions<N> options;
};

/// An output size of -1 keeps that axis (PyTorch's None).
template <int N> class AdaptiveAvgPoolImpl : public Module {
public:
  explicit AdaptiveAvgPoolImpl(Sizes<N> outputSize);
  Tensor forward(const Tensor &x);

private:
  Ints outputSize;
};

/// Padding counts from the last axis: {left, right, top, bottom, ...}, or one
/// number for all sides. Negative numbers crop.
template <int N> class ConstantPadImpl : public Module {
public:
  ConstantPadImpl(Sizes<2 * N> padding, double value)
      : ConstantPadImpl(numberedKind("ConstantPad", N), std::move(padding), value) {}
  Tensor forward(const Tensor &x);

protected:
  ConstantPadImpl(std::string kind, Sizes<2 * N> padding, double value)
      : Module(std::move(kind)), padding(padding), value(value) {}

private:
  Ints padding;
  double value;
};

template <int N> class ZeroPadImpl : public ConstantPadImpl<N> {
public:
  explicit ZeroPadImpl(Sizes<2 * N> padding)
      : ConstantPadImpl<N>(numberedKind("ZeroPad", N), std::move(padding), 0) {}
};

#define LZ_NN_POOL(N)                                                                              \
  using MaxPool##N##dOptions = MaxPoolOptions<N>;                                                  \
  using MaxPool##N##dImpl = MaxPoolImpl<N>;                                                        \
  LZ_MODULE(MaxPool##N##d);                                                                        \
  using AvgPool##N##dOptions = AvgPoolOptions<N>;                                                  \
  using AvgPool##N##dImpl = AvgPoolImpl<N>;                                                        \
  LZ_MODULE(AvgPool##N##d);                                                                        \
  using AdaptiveAvgPool##N##dImpl = AdaptiveAvgPoolImpl<N>;                                        \
  LZ_MODULE(AdaptiveAvgPool##N##d);                                                                \
  using ConstantPad##N##dImpl = ConstantPadImpl<N>;                                                \
  LZ_MODULE(ConstantPad##N##d);                                                                    \
  using ZeroPad##N##dImpl = ZeroPadImpl<N>;                                                        \
  LZ_MODULE(ZeroPad##N##d)

LZ_NN_POOL(1);
LZ_NN_POOL(2);
LZ_NN_POOL(3);
#undef LZ_NN_POOL

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_POOL_H
