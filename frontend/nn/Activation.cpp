//===- Activation.cpp - Activations with parameters or modes --------------===//
//
// Those that are more than a call of one function.
//
//===----------------------------------------------------------------------===//

#include "frontend/nn/Activation.h"

#include "frontend/nn/Emit.h"

namespace lz::nn {

PReLUImpl::PReLUImpl(int64_t numParameters, double init, DType dtype) : Module("PReLU") {
  if (numParameters < 1)
    throw Error("PReLU: num_parameters is " + std::to_string(numParameters) +
                ", expected at least 1");
  weight = register_parameter("weight", {numParameters}, Init::fill(init), dtype);
}

RReLUImpl::RReLUImpl(double lower, double upper) : Module("RReLU"), lower(lower), upper(upper) {
  if (lower > upper)
    throw Error("RReLU: lower is " + std::to_string(lower) + ", expected at most upper, which is " +
                std::to_string(upper));
}

Tensor RReLUImpl::forward(const Tensor &x) {
  if (!is_training())
    return leaky_relu(x, (lower + upper) / 2);
  Tensor slope = rand_like(x) * (upper - lower) + lower;
  return where(x >= 0, x, x * slope);
}

Tensor SoftmaxBase::forward(const Tensor &x) {
  int64_t axis = 0;
  if (dim) {
    axis = *dim;
  } else {
    std::optional<int64_t> rank = x.rank();
    if (!rank)
      detail::fail("the axis is not given and depends on the number of dimensions, which is not "
                   "known while tracing; give dim");
    axis = *rank == 0 || *rank == 1 || *rank == 3 ? 0 : 1;
  }
  switch (which) {
  case Kind::LogSoftmax:
    return log_softmax(x, axis);
  case Kind::Softmin:
    return softmin(x, axis);
  default:
    return softmax(x, axis);
  }
}

Tensor Softmax2dImpl::forward(const Tensor &x) {
  detail::expectRanks(x, {3, 4});
  return softmax(x, -3);
}

} // namespace lz::nn
