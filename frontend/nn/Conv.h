//===- Conv.h - Convolutions and transposed convolutions ------------------===//
//
// Arguments and defaults are those of torch.nn. Inputs may be batched or not.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_CONV_H
#define LAZULI_FRONTEND_NN_CONV_H

#include "frontend/nn/LazyForm.h"
#include "frontend/nn/Sizes.h"

namespace lz::nn {

/// Numbers, or "same" or "valid".
template <int N> class Padding {
public:
  template <typename Int, typename = std::enable_if_t<std::is_integral_v<Int>>>
  Padding(Int all) : numbers(all) {}
  Padding(std::initializer_list<int64_t> each) : numbers(each) {}
  Padding(Ints each) : numbers(std::move(each)) {}
  Padding(std::string mode) : numbers(0), mode(std::move(mode)) {}
  Padding(const char *mode) : numbers(0), mode(mode) {}

  Sizes<N> numbers;
  std::string mode; ///< empty if numbers are given
};

/// What convolutions and transposed convolutions share.
template <int N, typename Derived> struct ConvOptionsBase {
  using Self = Derived;
  LZ_OPTION(std::optional<int64_t>, in_channels, std::nullopt);
  LZ_OPTION(int64_t, out_channels, 0);
  LZ_OPTION(Sizes<N>, kernel_size, 1);
  LZ_OPTION(Sizes<N>, stride, 1);
  LZ_OPTION(Sizes<N>, dilation, 1);
  LZ_OPTION(int64_t, groups, 1);
  LZ_OPTION(bool, bias, true);
  /// Only "zeros".
  LZ_OPTION(std::string, padding_mode, "zeros");
  LZ_OPTION(DType, dtype, DType::f32);

protected:
  ConvOptionsBase(std::optional<int64_t> inChannels, int64_t outChannels, Sizes<N> kernelSize)
      : in_channelsValue(inChannels), out_channelsValue(outChannels),
        kernel_sizeValue(std::move(kernelSize)) {}
};

template <int N> struct ConvOptions : ConvOptionsBase<N, ConvOptions<N>> {
  using Self = ConvOptions;
  ConvOptions(int64_t inChannels, int64_t outChannels, Sizes<N> kernelSize)
      : ConvOptions::ConvOptionsBase(inChannels, outChannels, std::move(kernelSize)) {}
  LZ_OPTION(Padding<N>, padding, 0);

protected:
  ConvOptions(int64_t outChannels, Sizes<N> kernelSize)
      : ConvOptions::ConvOptionsBase(std::nullopt, outChannels, std::move(kernelSize)) {}
};
/// in_channels is inferred from the channel axis of the first input.
template <int N> struct LazyConvOptions : ConvOptions<N> {
  LazyConvOptions(int64_t outChannels, Sizes<N> kernelSize)
      : ConvOptions<N>(outChannels, std::move(kernelSize)) {}
};

template <int N> class ConvImpl : public Module {
public:
  static std::string plainKind() { return numberedKind("Conv", N); }
  explicit ConvImpl(const ConvOptions<N> &options) : ConvImpl(plainKind(), options) {}
  ConvImpl(int64_t inChannels, int64_t outChannels, Sizes<N> kernelSize)
      : ConvImpl(ConvOptions<N>(inChannels, outChannels, std::move(kernelSize))) {}
  Tensor forward(const Tensor &x);

  Parameter weight, bias;

protected:
  ConvImpl(std::string kind, const ConvOptions<N> &options);

private:
  Ints stride, padding, paddingEnd, dilation;
  int64_t groups;
};

template <int N>
using LazyConvImpl = LazyForm<ConvImpl<N>, ConvOptions<N>, LazyConvOptions<N>>;

template <int N> struct ConvTransposeOptions : ConvOptionsBase<N, ConvTransposeOptions<N>> {
  using Self = ConvTransposeOptions;
  ConvTransposeOptions(int64_t inChannels, int64_t outChannels, Sizes<N> kernelSize)
      : ConvTransposeOptions::ConvOptionsBase(inChannels, outChannels, std::move(kernelSize)) {}
  LZ_OPTION(Sizes<N>, padding, 0);
  LZ_OPTION(Sizes<N>, output_padding, 0);

protected:
  ConvTransposeOptions(int64_t outChannels, Sizes<N> kernelSize)
      : ConvTransposeOptions::ConvOptionsBase(std::nullopt, outChannels, std::move(kernelSize)) {}
};
/// in_channels is inferred from the channel axis of the first input.
template <int N> struct LazyConvTransposeOptions : ConvTransposeOptions<N> {
  LazyConvTransposeOptions(int64_t outChannels, Sizes<N> kernelSize)
      : ConvTransposeOptions<N>(outChannels, std::move(kernelSize)) {}
};

template <int N> class ConvTransposeImpl : public Module {
public:
  static std::string plainKind() { return numberedKind("ConvTranspose", N); }
  explicit ConvTransposeImpl(const ConvTransposeOptions<N> &options)
      : ConvTransposeImpl(plainKind(), options) {}
  ConvTransposeImpl(int64_t inChannels, int64_t outChannels, Sizes<N> kernelSize)
      : ConvTransposeImpl(ConvTransposeOptions<N>(inChannels, outChannels, std::move(kernelSize))) {
  }
  Tensor forward(const Tensor &x);

  Parameter weight, bias;

protected:
  ConvTransposeImpl(std::string kind, const ConvTransposeOptions<N> &options);

private:
  ConvTransposeOptions<N> options;
};

template <int N>
using LazyConvTransposeImpl =
    LazyForm<ConvTransposeImpl<N>, ConvTransposeOptions<N>, LazyConvTransposeOptions<N>>;

#define LZ_NN_CONV(N)                                                                              \
  using Conv##N##dOptions = ConvOptions<N>;                                                        \
  using Conv##N##dImpl = ConvImpl<N>;                                                              \
  LZ_MODULE(Conv##N##d);                                                                           \
  using LazyConv##N##dOptions = LazyConvOptions<N>;                                                \
  using LazyConv##N##dImpl = LazyConvImpl<N>;                                                      \
  LZ_MODULE(LazyConv##N##d);                                                                       \
  using ConvTranspose##N##dOptions = ConvTransposeOptions<N>;                                      \
  using ConvTranspose##N##dImpl = ConvTransposeImpl<N>;                                            \
  LZ_MODULE(ConvTranspose##N##d);                                                                  \
  using LazyConvTranspose##N##dOptions = LazyConvTransposeOptions<N>;                              \
  using LazyConvTranspose##N##dImpl = LazyConvTransposeImpl<N>;                                    \
  LZ_MODULE(LazyConvTranspose##N##d)

LZ_NN_CONV(1);
LZ_NN_CONV(2);
LZ_NN_CONV(3);
#undef LZ_NN_CONV

extern template class ConvImpl<1>;
extern template class ConvImpl<2>;
extern template class ConvImpl<3>;
extern template class ConvTransposeImpl<1>;
extern template class ConvTransposeImpl<2>;
extern template class ConvTransposeImpl<3>;

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_CONV_H
