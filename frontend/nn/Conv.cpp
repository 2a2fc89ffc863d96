//===- Conv.cpp - Convolutions and transposed convolutions ----------------===//
//
// Checks arguments as PyTorch does, turns 'same' into numbers, and declares the
// weights in PyTorch's layouts.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Conv.h"

#include "frontend/nn/Emit.h"
#include "frontend/nn/Functional.h"

#include <cmath>

namespace lz::nn {

namespace {

void requirePositive(const std::string &kind, const char *name, const Ints &numbers) {
  for (int64_t number : numbers)
    if (number < 1)
      throw Error(kind + ": " + name + " is " + std::to_string(number) +
                  ", expected a positive number");
}

void requireDivisible(const std::string &kind, const char *name, int64_t number, int64_t groups) {
  if (number % groups != 0)
    throw Error(kind + ": " + name + " is " + std::to_string(number) +
                ", expected a multiple of groups, which is " + std::to_string(groups));
}

template <typename Options> void checkCommon(const std::string &kind, const Options &options) {
  requirePositive(kind, "groups", {options.groups()});
  requirePositive(kind, "out_channels", {options.out_channels()});
  requirePositive(kind, "kernel_size", options.kernel_size());
  requirePositive(kind, "stride", options.stride());
  requirePositive(kind, "dilation", options.dilation());
  requireDivisible(kind, "out_channels", options.out_channels(), options.groups());
  if (options.in_channels())
    requireDivisible(kind, "in_channels", *options.in_channels(), options.groups());
  if (options.padding_mode() != "zeros")
    throw Error(kind + ": padding_mode is '" + options.padding_mode() +
                "', expected 'zeros'; other modes are not supported yet");
}

/// What `padding` adds on both sides; 'same' puts the odd element at the end.
template <int N>
std::pair<Ints, Ints> resolvePadding(const std::string &kind, const ConvOptions<N> &options) {
  const Padding<N> &padding = options.padding();
  if (padding.mode.empty() || padding.mode == "valid")
    return {padding.numbers, padding.numbers};
  if (padding.mode != "same")
    throw Error(kind + ": padding is '" + padding.mode + "', expected numbers, 'same' or 'valid'");
  Ints begin, end;
  for (int axis = 0; axis < N; ++axis) {
    if (options.stride()[axis] != 1)
      throw Error(kind + ": padding is 'same' with stride " +
                  std::to_string(options.stride()[axis]) + ", expected stride 1");
    int64_t total = options.dilation()[axis] * (options.kernel_size()[axis] - 1);
    begin.push_back(total / 2);
    end.push_back(total - total / 2);
  }
  return {begin, end};
}

template <typename Options> Dim makeInChannels(Module &module, const Options &options) {
  return options.in_channels() ? Dim(*options.in_channels())
                               : module.lazy_field("in_channels", options.groups());
}

/// `first` and `second` are the sizes of the weight before those of the kernel.
template <typename Impl, typename Options>
void addParameters(Impl &module, const Options &options, const Dim &first, const Dim &second) {
  const Ints &kernel = options.kernel_size();
  Dims shape = {first, second};
  shape.insert(shape.end(), kernel.begin(), kernel.end());
  module.weight = module.register_parameter("weight", shape, Init::kaimingUniform(std::sqrt(5.0)),
                                            options.dtype());
  if (options.bias())
    module.bias = module.register_parameter("bias", {options.out_channels()},
                                            Init::uniformFanIn(module.weight), options.dtype());
}

} // namespace

template <int N>
ConvImpl<N>::ConvImpl(std::string kind, const ConvOptions<N> &options)
    : Module(kind), stride(options.stride()), dilation(options.dilation()),
      groups(options.groups()) {
  checkCommon(kind, options);
  std::tie(padding, paddingEnd) = resolvePadding(kind, options);
  addParameters(*this, options, options.out_channels(), makeInChannels(*this, options) / groups);
}

template <int N> Tensor ConvImpl<N>::forward(const Tensor &x) {
  detail::expectRanks(x, {N + 1, N + 2});
  return conv(x, weight, bias, {stride, padding, paddingEnd, dilation, groups, {}});
}

template <int N>
ConvTransposeImpl<N>::ConvTransposeImpl(std::string kind, const ConvTransposeOptions<N> &options)
    : Module(kind), options(options) {
  checkCommon(kind, options);
  for (int axis = 0; axis < N; ++axis) {
    int64_t extra = options.output_padding()[axis];
    if (extra < 0 || (extra >= options.stride()[axis] && extra >= options.dilation()[axis]))
      throw Error(kind + ": output_padding is " + std::to_string(extra) +
                  ", expected less than stride or dilation");
  }
  addParameters(*this, options, makeInChannels(*this, options),
                options.out_channels() / options.groups());
}

template <int N> Tensor ConvTransposeImpl<N>::forward(const Tensor &x) {
  detail::expectRanks(x, {N + 1, N + 2});
  return conv_transpose(x, weight, bias,
                        {options.stride(), options.padding(), {}, options.dilation(),
                         options.groups(), options.output_padding()});
}

template class ConvImpl<1>;
template class ConvImpl<2>;
template class ConvImpl<3>;
template class ConvTransposeImpl<1>;
template class ConvTransposeImpl<2>;
template class ConvTransposeImpl<3>;

} // namespace lz::nn
