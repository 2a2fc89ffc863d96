//===- Pool.cpp - Pooling and constant padding ----------------------------===//
//
// Checks arguments as PyTorch does.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Pool.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

namespace lz::nn {

namespace {

template <typename Options>
void checkPool(const std::string &kind, const Options &options, const Ints &dilation, int n) {
  const Ints &kernel = options.kernel_size(), &padding = options.padding();
  for (int axis = 0; axis < n; ++axis) {
    int64_t stride = options.stride() ? (*options.stride())[axis] : kernel[axis];
    if (kernel[axis] < 1 || stride < 1)
      throw Error(kind + ": kernel_size is " + std::to_string(kernel[axis]) + " and stride " +
                  std::to_string(stride) + ", expected positive numbers");
    int64_t extent = dilation[axis] * (kernel[axis] - 1) + 1;
    if (padding[axis] < 0 || padding[axis] > extent / 2)
      throw Error(kind + ": padding is " + std::to_string(padding[axis]) +
                  ", expected at most half of the kernel's extent, which is " +
                  std::to_string(extent));
  }
}

} // namespace

template <int N>
MaxPoolImpl<N>::MaxPoolImpl(const MaxPoolOptions<N> &options)
    : Module(numberedKind("MaxPool", N)), options(options) {
  checkPool(kind(), options, options.dilation(), N);
}

template <int N> Tensor MaxPoolImpl<N>::forward(const Tensor &x) {
  detail::expectRanks(x, {N + 1, N + 2});
  PoolArguments arguments;
  arguments.kernel = options.kernel_size();
  arguments.stride = options.stride().value_or(options.kernel_size());
  arguments.padding = options.padding();
  arguments.dilation = options.dilation();
  arguments.ceilMode = options.ceil_mode();
  return max_pool(x, arguments);
}

template <int N>
AvgPoolImpl<N>::AvgPoolImpl(const AvgPoolOptions<N> &options)
    : Module(numberedKind("AvgPool", N)), options(options) {
  checkPool(kind(), options, Ints(N, 1), N);
  if (options.divisor_override() == 0)
    throw Error(kind() + ": divisor_override is 0, expected another number");
}

template <int N> Tensor AvgPoolImpl<N>::forward(const Tensor &x) {
  detail::expectRanks(x, {N + 1, N + 2});
  PoolArguments arguments;
  arguments.kernel = options.kernel_size();
  arguments.stride = options.stride().value_or(options.kernel_size());
  arguments.padding = options.padding();
  arguments.dilation = Ints(N, 1);
  arguments.ceilMode = options.ceil_mode();
  arguments.countIncludePad = options.count_include_pad();
  arguments.divisorOverride = options.divisor_override().value_or(0);
  return avg_pool(x, arguments);
}

template <int N>
AdaptiveAvgPoolImpl<N>::AdaptiveAvgPoolImpl(Sizes<N> outputSize)
    : Module(numberedKind("AdaptiveAvgPool", N)), outputSize(outputSize) {}

template <int N> Tensor AdaptiveAvgPoolImpl<N>::forward(const Tensor &x) {
  detail::expectRanks(x, {N + 1, N + 2});
  return adaptive_avg_pool(x, outputSize);
}

template <int N> Tensor ConstantPadImpl<N>::forward(const Tensor &x) {
  return pad(x, padding, value);
}

#define LZ_NN_INSTANTIATE(N)                                                                       \
  template class MaxPoolImpl<N>;                                                                   \
  template class AvgPoolImpl<N>;                                                                   \
  template class AdaptiveAvgPoolImpl<N>;                                                           \
  template class ConstantPadImpl<N>
LZ_NN_INSTANTIATE(1);
LZ_NN_INSTANTIATE(2);
LZ_NN_INSTANTIATE(3);
#undef LZ_NN_INSTANTIATE

} // namespace lz::nn
