//===- Activation.h - Activations as modules ------------------------------===//
//
// Arguments and defaults are those of torch.nn; `inplace` means nothing here.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_FRONTEND_NN_ACTIVATION_H
#define LAZULI_FRONTEND_NN_ACTIVATION_H

#include "frontend/nn/Functional.h"
#include "frontend/nn/ModuleHolder.h"

namespace lz::nn {

/// A module without arguments that calls one function.
#define LZ_NN_ACTIVATION(Name, function)                                                           \
  class Name##Impl : public Module {                                                               \
  public:                                                                                          \
    Name##Impl() : Module(#Name) {}                                                                \
    Tensor forward(const Tensor &x) { return function(x); }                                        \
  };                                                                                               \
  LZ_MODULE(Name)

/// One with one argument, which is the function's as well.
#define LZ_NN_ACTIVATION_1(Name, function, type, argument, defaultValue)                           \
  class Name##Impl : public Module {                                                               \
  public:                                                                                          \
    explicit Name##Impl(type argument = defaultValue) : Module(#Name), argument(argument) {}       \
    Tensor forward(const Tensor &x) { return function(x, argument); }                              \
                                                                                                   \
  private:                                                                                         \
    type argument;                                                                                 \
  };                                                                                               \
  LZ_MODULE(Name)

/// One with two arguments, both with defaults.
#define LZ_NN_ACTIVATION_2(Name, function, first, firstDefault, second, secondDefault)             \
  class Name##Impl : public Module {                                                               \
  public:                                                                                          \
    explicit Name##Impl(double first = firstDefault, double second = secondDefault)                \
        : Module(#Name), first(first), second(second) {}                                           \
    Tensor forward(const Tensor &x) { return function(x, first, second); }                         \
                                                                                                   \
  private:                                                                                         \
    double first, second;                                                                          \
  };                                                                                               \
  LZ_MODULE(Name)

LZ_NN_ACTIVATION(Hardsigmoid, hardsigmoid);
LZ_NN_ACTIVATION(Hardswish, hardswish);
LZ_NN_ACTIVATION(LogSigmoid, logsigmoid);
LZ_NN_ACTIVATION(Mish, mish);
LZ_NN_ACTIVATION(ReLU, relu);
LZ_NN_ACTIVATION(ReLU6, relu6);
LZ_NN_ACTIVATION(SELU, selu);
LZ_NN_ACTIVATION(Sigmoid, sigmoid);
LZ_NN_ACTIVATION(SiLU, silu);
LZ_NN_ACTIVATION(Softsign, softsign);
LZ_NN_ACTIVATION(Tanh, tanh);
LZ_NN_ACTIVATION(Tanhshrink, tanhshrink);

LZ_NN_ACTIVATION_1(CELU, celu, double, alpha, 1);
LZ_NN_ACTIVATION_1(ELU, elu, double, alpha, 1);
LZ_NN_ACTIVATION_1(GELU, gelu, std::string, approximate, "none");
LZ_NN_ACTIVATION_1(GLU, glu, int64_t, dim, -1);
LZ_NN_ACTIVATION_1(Hardshrink, hardshrink, double, lambd, 0.5);
LZ_NN_ACTIVATION_1(LeakyReLU, leaky_relu, double, negative_slope, 0.01);
LZ_NN_ACTIVATION_1(Softshrink, softshrink, double, lambd, 0.5);

LZ_NN_ACTIVATION_2(Hardtanh, hardtanh, min_val, -1, max_val, 1);
LZ_NN_ACTIVATION_2(Softplus, softplus, beta, 1, threshold, 20);

/// x where it is greater than `threshold`, else `value`.
class ThresholdImpl : public Module {
public:
  ThresholdImpl(double threshold, double value)
      : Module("Threshold"), level(threshold), value(value) {}
  Tensor forward(const Tensor &x) { return threshold(x, level, value); }

private:
  double level, value;
};
LZ_MODULE(Threshold);

/// One learned slope, or one for each channel (axis 1).
class PReLUImpl : public Module {
public:
  explicit PReLUImpl(int64_t numParameters = 1, double init = 0.25, DType dtype = DType::f32);
  Tensor forward(const Tensor &x) { return prelu(x, weight); }

  Parameter weight;
};
LZ_MODULE(PReLU);

/// In train mode the negative slope is drawn from [lower, upper) for each
/// element; in eval mode it is their mean.
class RReLUImpl : public Module {
public:
  explicit RReLUImpl(double lower = 1.0 / 8, double upper = 1.0 / 3);
  Tensor forward(const Tensor &x);

private:
  double lower, upper;
};
LZ_MODULE(RReLU);

/// Without a dim, PyTorch's old choice: axis 0 of one or three dimensions, else 1.
class SoftmaxBase : public Module {
public:
  Tensor forward(const Tensor &x);

protected:
  enum class Kind { Softmax, LogSoftmax, Softmin };
  SoftmaxBase(std::string name, Kind which, std::optional<int64_t> dim)
      : Module(std::move(name)), which(which), dim(dim) {}

private:
  Kind which;
  std::optional<int64_t> dim;
};

#define LZ_NN_SOFTMAX(Name)                                                                        \
  class Name##Impl : public SoftmaxBase {                                                          \
  public:                                                                                          \
    explicit Name##Impl(std::optional<int64_t> dim = std::nullopt)                                 \
        : SoftmaxBase(#Name, Kind::Name, dim) {}                                                   \
  };                                                                                               \
  LZ_MODULE(Name)
LZ_NN_SOFTMAX(Softmax);
LZ_NN_SOFTMAX(LogSoftmax);
LZ_NN_SOFTMAX(Softmin);
#undef LZ_NN_SOFTMAX

/// Over the channels of (N, C, H, W) or (C, H, W).
class Softmax2dImpl : public Module {
public:
  Softmax2dImpl() : Module("Softmax2d") {}
  Tensor forward(const Tensor &x);
};
LZ_MODULE(Softmax2d);

} // namespace lz::nn

#endif // LAZULI_FRONTEND_NN_ACTIVATION_H
